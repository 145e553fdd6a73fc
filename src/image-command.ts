import {mkdir, writeFile} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import {fileURLToPath} from 'node:url';
import type {Access, AccessNews} from './access/access.ts';
import {createAccess} from './access/create-access.ts';
import {createGate} from './access/gate.ts';
import {runCommand} from './access/run.ts';
import {cacheDirectory} from './cache-directory.ts';
import type {Output} from './check-command.ts';
import {createKubectl} from './cluster/kubectl.ts';
import {type ImageArchive, openArchive} from './debug-image/open-archive.ts';
import {findNodes} from './fleet/find-nodes.ts';
import {type NodeImage, findImage, loadImage} from './image/load-image.ts';
import type {ImageOptions} from './options.ts';
import {removeRemains} from './remove-remains.ts';
import {formatProgress} from './report/progress.ts';
import {UserFacingError} from './user-facing-error.ts';

const incomplete = 2;
const buildTimeoutMs = 20 * 60_000;

type OnNodes = Extract<ImageOptions, {readonly names: readonly string[]}>;
type Visit = (access: Access, node: string) => Promise<NodeImage>;

const readArchiveOrRefuse = async (file: string | undefined): Promise<ImageArchive> => {
	const archive = await openArchive(file);
	if (archive) {
		return archive;
	}

	throw new UserFacingError('this hairpin carries no debug image, and none lies beside it or in the cache', 'name an archive with --archive FILE, or make it in a checkout: hairpin image build');
};

const build = async (directory: string | undefined, output: Output): Promise<number> => {
	const script = fileURLToPath(new URL('../images/debug/build.sh', import.meta.url));
	if (!existsSync(script)) {
		throw new UserFacingError('the image is made in a checkout of hairpin, and this is none', 'write the one that this hairpin carries: hairpin image save FILE');
	}

	const target = directory ?? cacheDirectory();
	if (target === undefined) {
		throw new UserFacingError('you have no home directory for the cache', 'name a directory: hairpin image build DIRECTORY');
	}

	await mkdir(target, {recursive: true});
	const {exitCode, stdout, stderr} = await runCommand([script, target], {timeoutMs: buildTimeoutMs});
	if (exitCode !== 0) {
		throw new UserFacingError(`the image could not be made: ${stderr.trim().split('\n').at(-1) ?? ''}`, `see all that was said: ${script} ${target}`);
	}

	output.write(`${stdout}${target}\n`);
	return 0;
};

const save = async (file: string, archive: ImageArchive, output: Output): Promise<number> => {
	try {
		await writeFile(file, archive.bytes);
	} catch (error) {
		await removeRemains(file);
		throw new UserFacingError(`${file} cannot be written (${(error as Error).message})`, 'name another file; is the disk full?');
	}

	output.write(`${file}: ${archive.name} for ${archive.architecture}, ${archive.digest}\n`);
	return 0;
};

const percentTold = 25;

/** Tells how far it is, in quarters. */
const createProgress = (node: string, total: number, output: Output) => {
	let told = 0;
	return (sent: number): void => {
		const percent = Math.floor((sent / total) * 100);
		if (percent < told + percentTold) {
			return;
		}

		told = percent - (percent % percentTold);
		output.warn(`${node}  ${told} % of ${(total / 1_000_000).toFixed(1)} MB`);
	};
};

const describe = (node: string, image: NodeImage, ms: number): string => {
	if (!image.ok) {
		return `${node}  failed: ${image.because}\n  try: ${image.tryThis}\n`;
	}

	return `${node}  ${image.digest === undefined ? 'has it not' : `has it (${image.digest.slice(0, 19)})`}, asked by ${image.runtime}, ${(ms / 1000).toFixed(1)} s\n`;
};

/** Whether the node has the image in the end. */
const hasAfterVisit = async (access: Access, node: string, visit: Visit, output: Output): Promise<boolean> => {
	const startedAt = performance.now();
	const connection = await access.connect(node);
	const image: NodeImage = connection.ok ? await visit(access, node) : connection;
	output.write(describe(node, image, performance.now() - startedAt));
	return image.ok && image.digest !== undefined;
};

/** Visits the nodes, some at a time. Resolves with how many have the image. */
const visitNodes = async (options: OnNodes, visit: Visit, output: Output, signal: AbortSignal): Promise<number> => {
	const kubectl = createKubectl({...options, namespace: undefined});
	const isAll = options.names.length === 0;
	const nodes = isAll ? (await findNodes(kubectl, {names: [], selector: undefined}, signal)).nodes.map(({name, internalIp}) => [name, internalIp] as const) : options.names.map(name => [name, undefined] as const);
	const addresses = new Map(nodes);
	const tell = (news: AccessNews): void => {
		output.warn(formatProgress({...news, atMs: performance.now()}) ?? '');
	};

	const gate = createGate(options.concurrency);
	const access = createAccess({...options, mayMakePods: false, mayBringTools: false}, {addressOf: node => addresses.get(node), kubectl, tell});
	try {
		const results = await Promise.all(nodes.map(async ([node]) => {
			await gate.enter();
			try {
				return !signal.aborted && await hasAfterVisit(access, node, visit, output);
			} finally {
				gate.leave();
			}
		}));
		return results.filter(Boolean).length - nodes.length;
	} finally {
		await access.close();
	}
};

/** `hairpin image build|save|load|list`. Resolves with the exit code: 0, or 2 where some node has not the image. */
export const image = async (options: ImageOptions, output: Output, signal: AbortSignal): Promise<number> => {
	if (options.verb === 'build') {
		return build(options.directory, output);
	}

	const archive = await readArchiveOrRefuse(options.archive);
	if (options.verb === 'save') {
		return save(options.file, archive, output);
	}

	const visit: Visit = options.verb === 'load'
		? async (access, node) => loadImage(access, node, archive, createProgress(node, archive.bytes.length, output))
		: async (access, node) => findImage(access, node, archive.name);
	const missing = await visitNodes(options, visit, output, signal);
	signal.throwIfAborted();
	return missing === 0 ? 0 : incomplete;
};
