import type {Output} from './check-command.ts';
import {formatBash} from './manual/bash.ts';
import {formatFish} from './manual/fish.ts';
import {formatManPage} from './manual/man-page.ts';
import {formatZsh} from './manual/zsh.ts';
import type {ManualOptions} from './options.ts';
import {readBuild} from './read-build.ts';
import {keyBindings} from './ui/keys.ts';

const completions = {bash: formatBash, zsh: formatZsh, fish: formatFish} as const;

/** `hairpin completion SHELL` and `hairpin man`, both made of the commands and keys themselves. */
export const manual = async (options: ManualOptions, output: Output): Promise<number> => {
	output.write(options.command === 'man'
		? formatManPage(options.tree, keyBindings, readBuild().version)
		: completions[options.shell](options.tree));
	return 0;
};
