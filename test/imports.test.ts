import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';

const source = new URL('../src/', import.meta.url).pathname;

const files = readdirSync(source, {recursive: true, encoding: 'utf8'}).filter(file => /\.tsx?$/v.test(file)).toSorted();

type Import = {readonly file: string; readonly specifier: string};

const importsOf = (file: string): readonly Import[] => {
	const text = readFileSync(path.join(source, file), 'utf8');
	return text.matchAll(/\b(?:from |import |import\()'(?<specifier>[^']+)'/gv)
		.map(({groups}) => ({file, specifier: groups?.specifier ?? ''}))
		.toArray();
};

const imports = files.flatMap(file => importsOf(file));

/** `checks/x.ts` → `checks`, `session.ts` → `session`, `./packets/flow.ts` seen from there → `packets`. */
const areaOf = (file: string): string => file.split('/', 1)[0].replace(/\.tsx?$/v, '');

const areaOfTarget = ({file, specifier}: Import): string => areaOf(path.normalize(path.join(path.dirname(file), specifier)));

const local = imports.filter(({specifier}) => specifier.startsWith('.')).map(entry => ({...entry, from: areaOf(entry.file), to: areaOfTarget(entry)}));

// Who may import whom (design.md §4). Areas that are not named here may be imported by the composition root alone.
const directions: Readonly<Record<string, readonly string[]>> = {
	packets: [],
	// Addresses as numbers.
	datapath: ['packets'],
	clean: [],
	'hex-address': [],
	'vip-check': ['access', 'cluster', 'options', 'session', 'vip'],
	vip: ['access', 'checks', 'clean', 'cluster', 'datapath', 'evidence', 'hex-address', 'options', 'target', 'user-facing-error'],
	'user-facing-error': [],
	cluster: ['access', 'clean', 'user-facing-error'],
	consent: ['user-facing-error'],
	'read-asset': [],
	'read-build': [],
	'cache-directory': [],
	'refuse-old-node': [],
	'debug-image': ['cache-directory', 'read-asset', 'user-facing-error'],
	access: ['clean', 'cluster', 'consent', 'debug-image', 'hex-address', 'options', 'user-facing-error'],
	changes: ['access', 'check', 'checks', 'clean', 'cluster', 'consent', 'datapath', 'diagnosis', 'evidence', 'prediction', 'probes', 'target', 'user-facing-error'],
	fix: ['access', 'bundle', 'catalogue', 'changes', 'check', 'cluster', 'consent', 'evidence', 'fleet', 'options', 'probes', 'session', 'session-state', 'target', 'user-facing-error'],
	'fix-report': ['check-command', 'fix', 'report', 'report-files'],
	'fix-command': ['check-command', 'cluster', 'consent', 'fix', 'fix-report', 'keep-bundle', 'keep-fix', 'options', 'probes', 'redact-bundle', 'redact-report', 'report', 'report-files', 'session-state', 'user-facing-error'],
	'undo-command': ['changes', 'check-command', 'cluster', 'consent', 'fix', 'options', 'report', 'user-facing-error'],
	target: ['clean', 'cluster', 'user-facing-error'],
	probes: ['access', 'cluster', 'hex-address', 'target'],
	capture: ['access', 'clean', 'cluster', 'evidence', 'hex-address', 'packets', 'probes', 'target', 'user-facing-error'],
	evidence: ['access', 'capture', 'clean', 'cluster', 'datapath', 'hex-address', 'probes', 'target'],
	check: ['evidence', 'probes'],
	// Finds the checks in their folder.
	catalogue: ['check'],
	checks: ['check', 'cluster', 'datapath', 'evidence', 'packets', 'probes', 'target'],
	prediction: ['checks', 'cluster', 'datapath', 'diagnosis', 'evidence', 'packets', 'probes', 'target'],
	diagnosis: ['check', 'checks', 'cluster', 'evidence', 'probes', 'target'],
	'session-state': ['access', 'capture', 'check', 'cluster', 'diagnosis', 'evidence', 'packets', 'probes', 'target'],
	'remove-remains': [],
	bundle: ['access', 'capture', 'clean', 'cluster', 'options', 'packets', 'read-build', 'remove-remains', 'report', 'session-state', 'target', 'user-facing-error'],
	'keep-session': ['bundle', 'session', 'session-state'],
	'shared-access': ['access', 'target'],
	'incident-keeper': ['access', 'bundle', 'capture', 'remove-remains', 'target', 'ui', 'user-facing-error'],
	// It walks through everything that a person could do.
	runbook: ['access', 'bundle', 'catalogue', 'changes', 'check', 'clean', 'cluster', 'consent', 'fix', 'fix-command', 'options', 'packets', 'probes', 'report', 'session', 'session-state', 'shared-access', 'target', 'undo-command', 'user-facing-error'],
	'runbook-command': ['access', 'bundle', 'check-command', 'clean', 'cluster', 'front-end', 'judge-command', 'keep-bundle', 'options', 'report', 'runbook', 'session-state', 'show-screens', 'user-facing-error', 'walk-source'],
	'walk-guide': ['consent', 'runbook', 'ui'],
	'walk-source': ['catalogue', 'incident-repair', 'runbook', 'session-state', 'ui', 'user-facing-error', 'walk-guide'],
	'recorded-session': ['access', 'bundle', 'check-command', 'keep-session', 'session', 'session-state', 'target'],
	'bundle-source': ['bundle', 'catalogue', 'check-command', 'incident-keeper', 'recorded-session', 'ui'],
	'practice-incidents': [],
	practice: ['access', 'bundle', 'catalogue', 'changes', 'check-command', 'fix', 'fix-command', 'incident-keeper', 'practice-incidents', 'recorded-session', 'report', 'session-state', 'ui', 'user-facing-error'],
	'demo-command': ['bundle', 'check-command', 'front-end', 'judge-command', 'options', 'practice', 'practice-incidents', 'show-screens'],
	'show-screens': ['changes', 'check-command', 'report', 'ui'],
	'explain-end': ['changes', 'user-facing-error'],
	'judge-command': ['bundle', 'bundle-source', 'check-command', 'front-end', 'keep-redacted', 'options', 'recorded-session', 'redact-bundle', 'report', 'report-files', 'session', 'session-state', 'show-screens'],
	session: ['access', 'capture', 'catalogue', 'diagnosis', 'evidence', 'look-further', 'probes', 'session-state', 'target', 'user-facing-error'],
	'look-further': ['access', 'check', 'diagnosis', 'evidence', 'probes', 'session-state', 'target'],
	ladder: ['packets', 'report', 'user-facing-error'],
	report: ['access', 'capture', 'changes', 'check', 'cluster', 'datapath', 'diagnosis', 'evidence', 'fix', 'fleet', 'packets', 'prediction', 'probes', 'session-state', 'target'],
	fleet: ['access', 'catalogue', 'check', 'checks', 'cluster', 'evidence', 'target', 'user-facing-error'],
	'nodes-command': ['access', 'check-command', 'cluster', 'fleet', 'options', 'report'],
	options: ['practice-incidents', 'user-facing-error'],
	// The program's own version.
	redact: ['access', 'bundle', 'catalogue', 'cluster', 'diagnosis', 'hex-address', 'packets', 'session-state', 'target'],
	'redact-bundle': ['access', 'bundle', 'capture', 'clean', 'probes', 'recorded-session', 'redact', 'session-state', 'user-facing-error'],
	'keep-redacted': ['bundle', 'redact-bundle', 'redact-report', 'user-facing-error'],
	'keep-fix': ['bundle', 'changes', 'fix', 'report', 'session-state'],
	'keep-bundle': ['bundle', 'keep-redacted', 'options', 'redact', 'redact-bundle', 'redact-report', 'session-state', 'user-facing-error'],
	'redact-report': ['options', 'redact', 'redact-bundle', 'report', 'session-state'],
	'report-files': ['check-command', 'options', 'read-build', 'report', 'session-state', 'user-facing-error'],
	'planned-objects': ['access', 'options'],
	'check-command': ['access', 'bundle', 'capture', 'check', 'cluster', 'evidence', 'keep-bundle', 'keep-session', 'options', 'planned-objects', 'redact', 'redact-bundle', 'redact-report', 'report', 'report-files', 'session', 'session-state', 'target', 'user-facing-error', 'vip-check'],
	sweep: ['access', 'cluster'],
	image: ['access', 'clean', 'debug-image'],
	'image-command': ['access', 'cache-directory', 'check-command', 'cluster', 'debug-image', 'fleet', 'image', 'options', 'remove-remains', 'report', 'user-facing-error'],
	'warm-command': ['access', 'check-command', 'clean', 'cluster', 'fleet', 'options', 'report', 'user-facing-error'],
	'sweep-command': ['access', 'check-command', 'cluster', 'options', 'report', 'sweep'],
	// How large a window the screens want.
	'front-end': ['ui'],
	terminal: ['read-asset'],
	// Drawing reads values; where an incident comes from is handed in.
	ui: ['capture', 'check', 'clean', 'cluster', 'datapath', 'evidence', 'packets', 'prediction', 'probes', 'report', 'session-state', 'target', 'terminal', 'user-facing-error'],
	'incident-repair': ['cluster', 'consent', 'fix', 'fix-command', 'options', 'report', 'session-state', 'ui', 'undo-command', 'user-facing-error'],
	'incident-command': ['access', 'bundle', 'capture', 'catalogue', 'check-command', 'cluster', 'demo-command', 'fix', 'front-end', 'incident-keeper', 'incident-repair', 'keep-session', 'options', 'probes', 'session', 'session-state', 'shared-access', 'show-screens', 'target', 'ui', 'user-facing-error'],
	hairpin: ['cache-directory', 'cli', 'refuse-old-node'],
	cli: ['check-command', 'demo-command', 'explain-command', 'explain-end', 'fix-command', 'image-command', 'incident-command', 'judge-command', 'ladder', 'manual-command', 'nodes-command', 'options', 'runbook-command', 'sweep-command', 'undo-command', 'user-facing-error', 'version', 'warm-command'],
	explain: ['check'],
	'explain-command': ['catalogue', 'check-command', 'explain', 'options', 'target', 'user-facing-error'],
	manual: ['options'],
	'manual-command': ['check-command', 'manual', 'options', 'read-build', 'ui'],
	version: ['debug-image', 'read-build', 'terminal', 'user-facing-error'],
};

test('every import goes in an allowed direction', t => {
	const wrong = local.filter(({from, to}) => from !== to && !(directions[from] ?? []).includes(to));
	t.deepEqual(wrong.map(({file, specifier}) => `${file} imports ${specifier}`), []);
	t.true(local.length > 50);
});

const walls: Readonly<Record<string, RegExp>> = {
	execa: /^access\/run\.ts$/v,
	'node-pty': /^terminal\/pty\.ts$/v,
	ink: /^(?:ui\/.*|cli\.tsx)$/v,
	react: /^(?:ui\/.*|cli\.tsx)$/v,
	commander: /^options(?:\/.*)?\.ts$/v,
};

test('each library is imported only behind its wall', t => {
	const wrong = imports.filter(({file, specifier}) => specifier in walls && !walls[specifier].test(file));
	t.deepEqual(wrong, []);
	t.true(imports.some(({specifier}) => specifier === 'execa'));
});

const pure = files.filter(file => /^(?:packets|datapath|checks)\/|^(?:diagnosis|session-state|check)\.ts$/v.test(file));

test('the pure core touches neither files, processes, the clock nor chance', t => {
	const impure = pure.filter(file => /'node:|Date\.now|Math\.random|\bprocess\.|\bBuffer\b|performance\.now/v.test(readFileSync(path.join(source, file), 'utf8')));
	t.deepEqual(impure, []);
	t.true(pure.length > 10);
});
