import {describeOpen} from '../changes/journal.ts';
import {indent} from '../report/sections.ts';
import {wrapText} from '../report/table.ts';
import type {Judged} from './expect.ts';
import type {Runbook} from './runbook.ts';
import type {Outcome, WalkNews, WalkedStep} from './scene.ts';
import type {Walk} from './walk.ts';

const marks: Readonly<Record<Outcome, string>> = {
	done: '·', met: '✓', unmet: '✗', undecided: '?', stopped: '■', failed: '✗',
};

const width = 124;
const margin = ' '.repeat(4);

/** What the walk begins with. */
export const formatHead = ({title, about}: Runbook): string => `${[title, ...(about === undefined ? [] : ['', ...indent(about.trimEnd().split('\n').flatMap(line => wrapText(line, width, '')))])].join('\n')}\n`;

const describeJudged = ({what, wanted, found, isMet}: Judged): string => `${marks[isMet === undefined ? 'undecided' : (isMet ? 'met' : 'unmet')]} ${what}: ${found}${isMet === true ? '' : `, expected was ${wanted}`}`;

/** What a step brought, in lines. */
export const formatEnd = ({outcome, says, expectations, evidence}: WalkedStep): readonly string[] => [
	...evidence,
	...(expectations.length > 1 ? expectations.map(judged => describeJudged(judged)) : []),
	...(outcome === 'done' && says === 'read' ? [] : wrapText(`${marks[outcome]} ${says}`, width, '  ')),
];

/** The lines of one piece of news. */
export const formatNews = (news: WalkNews): string => {
	switch (news.type) {
		case 'step-begun': {
			return `\n${news.number.padEnd(margin.length - 1)} ${news.title}\n`;
		}

		case 'step-told': {
			return `${indent(news.lines, margin).join('\n')}\n`;
		}

		case 'change-shown': {
			return `${indent(news.text(width - margin.length).trimEnd().split('\n'), margin).join('\n')}\n`;
		}

		case 'step-ended': {
			const lines = formatEnd(news.step);
			return lines.length === 0 ? '' : `${indent(lines, margin).join('\n')}\n`;
		}
	}
};

/** One line for the timeline of a bundle, and for who reads JSON and waits. */
export const describeEnd = ({number, title, outcome, says}: WalkedStep): string => `step ${number} ${title}: ${outcome}${says === '' || says === 'read' ? '' : `: ${says}`}`;

// What these say is hairpin's own; the others say what the author of the runbook wrote, or a command.
const ownKinds: ReadonlySet<WalkedStep['kind']> = new Set(['inventory', 'probe', 'check', 'capture', 'compare', 'fix', 'verify', 'undo']);

/** The same for who must not read what a team wrote into its runbook: the step by its number and kind. */
export const describeEndAlone = (step: WalkedStep): string => describeEnd({...step, title: `(${step.kind})`, says: ownKinds.has(step.kind) ? step.says : ''});

/** Changes that the walk left, and what puts each of them back. */
export const describeInForce = ({inForce}: Walk): readonly string[] => inForce.map(({entry}) => describeOpen(entry));

/** What the walk ends with: what it came to, and what it left. */
export const formatWalk = (walked: Walk): string => ['', ...wrapText(walked.sentence, width, '  '), ...describeInForce(walked), ''].join('\n');
