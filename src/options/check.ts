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
import {
	type ReportFlags,
	type ReportOptions,
	addReportOptions,
	readReportFlags,
} from './report.ts';
import {type Vip, parseClientIp, parseVip} from './vip.ts';

/** What is examined: a Service of the API, or with no API server, its virtual address and that of the client. */
type Subject =
	| {readonly service: string; readonly vip: undefined; readonly from: string | undefined}
	| {readonly service: undefined; readonly vip: Vip; readonly from: string};

export type CheckOptions = ClusterOptions & AccessOptions & Subject & {
	readonly command: 'check';
	readonly timeoutMs: number;
	readonly capturesDirectory: string | undefined;
	/** Keep the whole incident in this file. */
	readonly bundleFile: string | undefined;
	readonly isJson: boolean;
	/** In the text: every step that the rules make of the probes. */
	readonly isWalked: boolean;
	readonly reports?: ReportOptions;
	/** Print what would be made in the cluster, and make nothing. */
	readonly isDryRun: boolean;
};

/** An incident of a bundle, judged again. */
export type JudgeOptions = {
	readonly command: 'judge';
	readonly file: string;
	readonly isJson: boolean;
	/** Lines also where there is a terminal. */
	readonly isPlain: boolean;
	/** As in a check. */
	readonly isWalked: boolean;
	/** Instead of showing it: write it there with pseudonyms. */
	readonly redactedFile?: string | undefined;
	readonly reports?: ReportOptions | undefined;
};

type CheckFlags = ClusterFlags & AccessFlags & ReportFlags & {
	readonly vip?: Vip;
	readonly from?: string;
	readonly timeout: number;
	readonly captures?: string;
	readonly bundle?: string;
	readonly fromBundle?: string;
	readonly json?: true;
	readonly walk?: true;
	readonly dryRun?: true;
};

// Nodes that nobody named could only be asked of the API.
const readVipSubject = (command: Command, vip: Vip, {from, ssh, via}: CheckFlags): Subject => {
	const clientIp = parseClientIp(from ?? '');
	if (clientIp?.includes(':') !== vip.ip.includes(':')) {
		command.error('error: --vip needs --from with the address of a pod of the same family, such as --from 10.244.0.18');
	}

	if (via === 'kubernetes') {
		command.error('error: --vip asks no API server, so it cannot be used with --via kubernetes');
	}

	if (via !== 'local' && ssh.size === 0) {
		command.error('error: --vip needs the nodes to look at: --ssh NODE for each, or --via local on the node itself');
	}

	return {service: undefined, vip, from: clientIp};
};

const readSubject = (command: Command, service: string | undefined, flags: CheckFlags): Subject => {
	if (flags.vip !== undefined) {
		return service === undefined
			? readVipSubject(command, flags.vip, flags)
			: command.error('error: a Service cannot be used with --vip: name one of them');
	}

	return service === undefined
		? command.error('error: missing required argument \'service\': svc/NAME, or with no API server --vip IP:PORT')
		: {service, vip: undefined, from: flags.from};
};

export const describeCheck = (program: Command, done: (options: CheckOptions | JudgeOptions) => void): void => {
	const command = program.command('check')
		.summary('find out why a pod cannot reach a Service')
		.description('Finds out why a pod cannot reach a Service: probes every path, captures on both ends, checks the settings that decide, names the cause.')
		.argument('[service]', 'svc/NAME or svc/NAME:PORT')
		.option('--from <pod>', 'the client: pod/NAME, or a workload such as deploy/NAME, in another namespace NAMESPACE/pod/NAME; default: the pod that tells most; with --vip: the address of a pod')
		.option('--vip <ip:port>', 'instead of a Service, with no API server: its virtual address, such as 10.98.171.178:8080 or 10.96.0.10:53/udp; asks the nodes named by --ssh, or --via local', parseVip);
	addReportOptions(addAccessOptions(addClusterOptions(command, 'the Service and the client')), 'these reports, in the bundle and in standard output; what is told meanwhile on standard error keeps them')
		.option('--timeout <seconds>', 'how long a probe may take', parseSeconds, 3000)
		.option('--captures <directory>', 'keep the packets there as pcapng')
		.addOption(new Option('--bundle <file>', 'keep the whole incident in one file, without secrets and payload').conflicts('vip'))
		.addOption(new Option('--from-bundle <file>', 'instead of a cluster: judge again what a bundle holds').conflicts(['vip', 'bundle', 'captures', 'dryRun', 'redact']))
		.option('--dry-run', 'print what would be made in the cluster, and do nothing')
		.addOption(new Option('--plain', 'text (default)').conflicts('json'))
		.addOption(new Option('--walk', 'also print, of every probe, each step that the rules make of its packets, there and back').conflicts('json'))
		.option('--json', 'print hairpin/report/v1')
		.action((service: string | undefined, flags: CheckFlags) => {
			if (flags.redact === true && flags.captures !== undefined) {
				command.error('error: --captures keeps names and addresses as they are, so it cannot be used with --redact');
			}

			if (flags.fromBundle !== undefined) {
				done({
					command: 'judge', file: flags.fromBundle, isJson: flags.json === true, isPlain: true, isWalked: flags.walk === true, reports: readReportFlags(command, flags, flags.json === true ? 0 : 1),
				});
				return;
			}

			done({
				command: 'check',
				...readSubject(command, service, flags),
				...readClusterFlags(flags),
				...readAccessFlags(flags),
				timeoutMs: flags.timeout,
				capturesDirectory: flags.captures,
				bundleFile: flags.bundle,
				isJson: flags.json === true,
				isWalked: flags.walk === true,
				reports: readReportFlags(command, flags, flags.json === true ? 0 : 1),
				isDryRun: flags.dryRun === true,
			});
		});
};
