// A runbook on the real screens, over the founding incident as it was recorded, in which changes can be shown and none is made: node test/e2e/replay-runbook.ts RUNBOOK
import {readFileSync} from 'node:fs';
import process from 'node:process';
import {replay} from '../../src/access/recorded.ts';
import {giveConsent} from '../../src/consent.ts';
import {createPracticeSource, readFound} from '../../src/practice/practice-source.ts';
import {practiceIncidents} from '../../src/practice-incidents.ts';
import {createLooker} from '../../src/runbook/look.ts';
import {parseRunbook} from '../../src/runbook/parse-runbook.ts';
import {walk} from '../../src/runbook/walk.ts';
import {showScreens} from '../../src/show-screens.ts';
import {createWalkSource} from '../../src/walk-source.ts';

const [file] = process.argv.slice(2);
const [incident] = practiceIncidents;
const found = await readFound(incident);
const {manifest, lines} = found;
const practice = createPracticeSource(incident, found, {isHurried: true});
const parsed = parseRunbook(readFileSync(file, 'utf8'));
if ('mistakes' in parsed) {
	throw new Error(JSON.stringify(parsed.mistakes));
}

const {runbook} = parsed;
const options = {answers: new Map<string, string>(), isAgreed: false, isReadOnly: false};

const {source, walked} = createWalkSource(runbook, async ({session, walk: tell, people, signal}) => {
	const asked = people(options);
	const refused = {...options, isAgreed: true, isReadOnly: true};
	// A recording answers each question as often as it was asked.
	const look = () => {
		const {access, kubectl} = replay(lines, Infinity);
		return createLooker({
			kubectl, createAccess: () => access, service: manifest.service, from: manifest.from, timeoutMs: manifest.timeoutMs, tell: session, signal,
		});
	};

	const looker = look();
	return walk(runbook, {
		looker,
		mender: {
			async show(change) {
				const repair = practice.beginRepair!(await look().examine(), {
					change, signal, tell: () => undefined, isFresh: true,
				});
				const {text, isNeeded} = await repair.prepare();
				return {
					preview: text, isIdle: !isNeeded, isCutting: false, make: async () => giveConsent(refused) as never, close: repair.close,
				};
			},
			undo: async () => giveConsent(refused) as never,
		},
		people: asked,
		tell,
		now: () => performance.now(),
		values: new Map(Object.entries(runbook.variables ?? {}).map(([name, variable]) => [name, variable?.default ?? ''])),
	}, false);
});

await showScreens(source, {service: manifest.service, from: manifest.from}, {
	write(text) {
		process.stdout.write(text);
	},
	warn(text) {
		process.stderr.write(`${text}\n`);
	},
}, new AbortController().signal);
process.stdout.write(`${walked()?.sentence ?? 'not walked'}\n`);
process.exitCode = walked()?.exitCode ?? 3;
