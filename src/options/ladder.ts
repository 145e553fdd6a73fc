import {type Command, Option} from 'commander';

export type LadderOptions = {
	readonly command: 'ladder';
	readonly files: readonly string[];
	readonly isJson: boolean;
	readonly isSummary: boolean;
	readonly flow: string | undefined;
};

type LadderFlags = {
	readonly json?: true;
	readonly summary?: true;
	readonly flow?: string;
};

export const describeLadder = (program: Command, done: (options: LadderOptions) => void): void => {
	program.command('ladder')
		.summary('pair captures that you already have')
		.description('Pairs captures taken at several points, whatever tool took them, across NAT: the ladder of each flow, what NAT did, which reply is impossible. One file alone is decoded and listed.')
		.argument('<captures...>', 'pcap or pcapng files: client, backend, and any point between')
		.option('--flow <filter>', 'only flows that match, such as "host 10.98.171.178 and port 8080"')
		.addOption(new Option('--summary', 'counts only').conflicts('json'))
		.option('--json', 'print hairpin/ladder/v1 with every packet decoded')
		.action((files: readonly string[], flags: LadderFlags) => {
			done({
				command: 'ladder', files, isJson: flags.json === true, isSummary: flags.summary === true, flow: flags.flow,
			});
		});
};
