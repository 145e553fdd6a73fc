import {readFileSync} from 'node:fs';
import type {Access, Stream} from '../access/access.ts';
import {describeOwner} from '../access/owner.ts';
import {cleanLine} from '../clean.ts';
import {UserFacingError} from '../user-facing-error.ts';

const lockText = readFileSync(new URL('lock.sh', import.meta.url), 'utf8');

/** Nodes that no other hairpin changes meanwhile. The locks end with us, however we end. */
export type Locks = {release(): Promise<void>};

const readFirstLine = async (stream: Stream): Promise<string> => {
	const decoder = new TextDecoder();
	let text = '';
	for await (const chunk of stream.stdout) {
		text += decoder.decode(chunk, {stream: true});
		if (text.includes('\n')) {
			break;
		}
	}

	return cleanLine(text.split('\n', 1)[0]);
};

const lockNode = async (access: Access, node: string, who: string): Promise<{readonly stream: Stream; readonly said: string}> => {
	const stream = access.stream({kind: 'node', node}, {text: lockText, args: [who]});
	return {stream, said: await readFirstLine(stream)};
};

const explainRefusal = (node: string, said: string): UserFacingError => (said.startsWith('@@taken')
	? new UserFacingError(`${node} is being changed by another hairpin (${said === '@@taken' ? 'it did not say whose' : said.slice(8)})`, 'wait until it is done; hairpin undo --list shows what was changed from here')
	: new UserFacingError(`${node} could not be locked for the change: ${said === '' ? 'nothing was answered' : said}`, 'does a shell work there as root, and is /var/lib a directory?'));

/** Locks nodes, in the order of their names. Throws `UserFacingError` with who holds one that is taken. */
export const lockNodes = async (access: Access, nodes: readonly string[]): Promise<Locks> => {
	const held: Stream[] = [];
	const release = async (): Promise<void> => {
		for (const stream of held) {
			stream.finish();
		}

		await Promise.all(held.map(async ({ended}) => ended));
	};

	const {owner, process} = describeOwner();
	for (const node of nodes.toSorted()) {
		// eslint-disable-next-line no-await-in-loop
		const {stream, said} = await lockNode(access, node, `${owner}, ${process}`);
		held.push(stream);
		if (!said.startsWith('@@held')) {
			// eslint-disable-next-line no-await-in-loop
			await release();
			throw explainRefusal(node, said);
		}
	}

	return {release};
};
