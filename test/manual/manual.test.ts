import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {runCommand} from '../../src/access/run.ts';
import {manual} from '../../src/manual-command.ts';
import {parseOptions} from '../../src/options.ts';
import {keyBindings} from '../../src/ui/keys.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'manual-test-'));

test.after.always(() => {
	rmSync(directory, {recursive: true, force: true});
});

const print = async (...words: readonly string[]): Promise<string> => {
	const options = parseOptions(words);
	let text = '';
	if (options.command === 'man' || options.command === 'completion') {
		await manual(options, {
			write(piece) {
				text += piece;
			},
			warn: () => undefined,
		});
	}

	return text;
};

const keep = async (shell: string): Promise<string> => {
	const file = path.join(directory, shell);
	writeFileSync(file, await print('completion', shell));
	return file;
};

const testWith = (shell: string) => (spawnSync(shell, ['--version']).status === 0 ? test : test.skip);
const withFish = testWith('fish');
const withZsh = testWith('zsh');

/** What bash offers for the last of these words. */
const completeInBash = async (file: string, words: readonly string[]): Promise<readonly string[]> => {
	const {stdout, stderr} = await runCommand(['bash', '--norc', '-uc', 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _hairpin; printf "%s\\n" "${COMPREPLY[@]}"', 'bash', file, ...words]); // eslint-disable-line no-template-curly-in-string
	if (stderr !== '') {
		throw new Error(stderr);
	}

	return stdout.trim().split('\n');
};

test('bash completes commands, their options, and the values of those', async t => {
	const file = await keep('bash');
	const commands = await completeInBash(file, ['hairpin', '']);
	for (const command of ['check', 'fix', 'image', '--from']) {
		t.true(commands.includes(command), `${command} is offered`);
	}

	t.deepEqual(await completeInBash(file, ['hairpin', 'check', '--via', '']), ['ssh', 'kubernetes', 'local']);
	t.deepEqual(await completeInBash(file, ['hairpin', '-n', 'web', 'check', '--ssh-c']), ['--ssh-config']);
	t.deepEqual(await completeInBash(file, ['hairpin', 'image', 'l']), ['load', 'list']);
	t.deepEqual(await completeInBash(file, ['hairpin', 'image', 'load', '--all']), ['--all-nodes']);
	t.deepEqual(await completeInBash(file, ['hairpin', 'completion', 'f']), ['fish']);
	t.deepEqual(await completeInBash(file, ['hairpin', 'check', '--kubeconfig', path.join(directory, 'ba')]), [file]);
});

withFish('fish completes the same', async t => {
	const file = await keep('fish');

	const complete = async (line: string): Promise<string> => {
		const {stdout, stderr} = await runCommand(['fish', '--no-config', '-c', 'source $argv[1]; complete -C "$argv[2]"', file, line], {env: {HOME: directory}});
		t.is(stderr, '');
		return stdout;
	};

	t.regex(await complete('hairpin '), /^check\t/mv);
	t.deepEqual((await complete('hairpin check --via ')).trim().split('\n').map(line => line.split('\t', 1)[0]).toSorted(), ['kubernetes', 'local', 'ssh']);
	t.regex(await complete('hairpin image load --all'), /^--all-nodes\t/v);
});

withZsh('zsh reads its script', async t => {
	const file = await keep('zsh');

	const {exitCode, stderr} = await runCommand(['zsh', '-f', '-c', 'autoload -U compinit; compinit -u -D; source $1; whence _hairpin_image_load >/dev/null', 'zsh', file], {env: {HOME: directory}});
	t.is(exitCode, 0, `it said ${stderr}`);
	t.is(stderr, '');
});

test('the manual page tells every command, option and key', async t => {
	const page = await print('man');
	const text = page.replaceAll(String.raw`\-`, '-').replaceAll(String.raw`\e`, '\\');
	for (const [command] of (await print('completion', 'fish')).matchAll(/(?<=' -l )[\-a-z]+/gv)) {
		t.true(text.includes(`--${command}`), `--${command} is told`);
	}

	for (const {explains} of keyBindings) {
		t.true(text.includes(explains), `${explains} is told`);
	}

	t.notRegex(page, /^['.](?!SH|SS|TP|TH|B |br)/mv);
});
