import process from 'node:process';

const oldestNode = 22;

if (Number(process.versions.node.split('.', 1)[0]) < oldestNode) {
	process.stderr.write(`hairpin: this is Node ${process.versions.node}, and hairpin needs ${oldestNode} or newer\ntry: the single executable, which needs none\n`);
	// eslint-disable-next-line unicorn/no-process-exit
	process.exit(3);
}
