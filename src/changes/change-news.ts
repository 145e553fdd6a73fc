/** What happens while something is changed or put back, in the past tense. */
export type ChangeNews =
	| {readonly type: 'journal-written'; readonly file: string}
	| {readonly type: 'object-changed'; readonly object: string}
	| {readonly type: 'rollout-begun'; readonly name: string}
	| {readonly type: 'rollout-ended'; readonly name: string}
	| {readonly type: 'node-begun'; readonly node: string; readonly isCanary: boolean}
	| {readonly type: 'step-begun'; readonly node: string; readonly step: string}
	| {readonly type: 'step-done'; readonly node: string; readonly step: string}
	| {readonly type: 'step-restored'; readonly node: string; readonly step: string}
	| {readonly type: 'unit-restarted'; readonly node: string; readonly unit: string}
	| {readonly type: 'node-lost'; readonly node: string; readonly because: string}
	| {readonly type: 'effect-awaited'; readonly node: string; readonly isEnding: boolean}
	| {readonly type: 'effect-seen'; readonly node: string; readonly isEnding: boolean; readonly seconds: number}
	| {readonly type: 'effect-unseen'; readonly node: string; readonly because: string}
	/** Rules that did not follow an object of the cluster in time. */
	| {readonly type: 'rules-late'; readonly node: string}
	| {readonly type: 'leftovers-removed'; readonly node: string; readonly mode: string; readonly left: readonly string[]}
	| {readonly type: 'rejudged'; readonly node: string; readonly worse: readonly string[]}
	| {readonly type: 'node-rolled-back'; readonly node: string; readonly because: string}
	| {readonly type: 'node-undone'; readonly node: string};
