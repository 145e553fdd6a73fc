import test from 'ava';
import {nftCases} from './nftables/nft-cases.ts';
import {nftNode, whyNoNftNode} from './nftables/nft-node.ts';
import {runNftCase} from './nftables/run-nft-case.ts';

const reason = await whyNoNftNode();

if (reason !== undefined) {
	console.log(reason);
}

const onNftNode = reason === undefined ? test.serial : test.serial.skip;

test.before(async () => {
	if (reason === undefined) {
		await nftNode.up();
	}
});
test.after.always(async () => {
	if (reason === undefined) {
		await nftNode.down();
	}
});

test.afterEach.always(async () => {
	if (reason === undefined) {
		await nftNode.reset();
	}
});
for (const given of nftCases) {
	onNftNode(`nftables mode: ${given.title}`, async t => {
		const {mistakes, walks} = await runNftCase(given);
		t.deepEqual(mistakes, []);
		t.is(walks?.disagrees, 0);
	});
}
