import {type Command, Option} from 'commander';
import {
	type AccessFlags,
	type AccessOptions,
	type ClusterFlags,
	type ClusterOptions,
	addAccessOptions,
	addClusterOptions,
	parseSeconds,
	readAccessFlags,
	readClusterFlags,
} from './common.ts';
import {addReadOnlyOption} from './fix.ts';

export type IncidentOptions = ClusterOptions & AccessOptions & {
	readonly command: 'incident';
	/** Undefined opens the pick list. */
	readonly service: string | undefined;
	readonly from: string | undefined;
	readonly timeoutMs: number;
	readonly capturesDirectory: string | undefined;
	/** Keep what is examined in this file. */
	readonly bundleFile: string | undefined;
	readonly isPlain: boolean;
	readonly isReadOnly: boolean;
};

type IncidentFlags = ClusterFlags & AccessFlags & {
	readonly from?: string;
	readonly timeout: number;
	readonly captures?: string;
	readonly bundle?: string;
	readonly plain?: true;
	readonly readOnly?: true;
};

const servicePattern = /^(?:svc|service|services)\//v;

/** Without a command, a Service is named by its kind, so that a mistyped command is not taken for one. */
export const isServiceWord = (word: string): boolean => servicePattern.test(word);

export const describeIncident = (program: Command, done: (options: IncidentOptions) => void): void => {
	const command = program.command('incident')
		.summary('the screens: what is meant where no command is named')
		.description('Opens the screens: the checklist as it fills in, both captures as they run, the ladder, the cause. With no Service named: a list to pick from.')
		.argument('[service]', 'svc/NAME or svc/NAME:PORT')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME, in another namespace NAMESPACE/pod/NAME; default: the pod that tells most');
	addReadOnlyOption(addAccessOptions(addClusterOptions(command, 'the Service and the client')))
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.option('--captures <directory>', 'keep the packets there as pcapng')
		.option('--bundle <file>', 'keep the whole incident in one file, without secrets and payload, as it goes; what is examined after it in FILE-2 and so on')
		.addOption(new Option('--plain', 'lines instead of screens, as where there is no terminal'))
		.action((service: string | undefined, flags: IncidentFlags) => {
			done({
				command: 'incident',
				service,
				from: flags.from,
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				timeoutMs: flags.timeout,
				capturesDirectory: flags.captures,
				bundleFile: flags.bundle,
				isPlain: flags.plain === true,
				isReadOnly: flags.readOnly === true,
			});
		});
};
