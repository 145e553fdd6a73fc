import path from 'node:path';
import {type Entry, type JournalAccess, createId} from '../changes/journal.ts';
import {podLabel, serviceLabel} from '../cluster/pod-label.ts';
import type {FixOptions} from '../options.ts';
import type {SessionState} from '../session-state.ts';
import type {PreparedFix} from './prepare-fix.ts';

const journalAccess = ({kubeconfig, context, via, destinations, sshConfig, image, pullSecret, debugNamespace}: FixOptions): JournalAccess => ({
	kubeconfig: kubeconfig === undefined ? undefined : path.resolve(kubeconfig),
	context,
	via,
	destinations: [...destinations].map(([node, destination]) => [node, destination ?? null]),
	// Ssh takes a path that is not absolute from where it runs.
	sshConfig: sshConfig === undefined ? undefined : path.resolve(sshConfig),
	image,
	pullSecret,
	debugNamespace,
});

const describeSubject = ({target}: SessionState): string | undefined => target && `${serviceLabel(target.service)} from ${podLabel(target.client)}`;

/** What the journal keeps of a change before anything of it is done. */
export const composeEntry = ({change, prepared, before, nodes}: PreparedFix, options: FixOptions): Entry => {
	const now = new Date();
	return {
		schema: 'hairpin/journal/v1',
		id: createId(now),
		at: now.toISOString(),
		change: change.id,
		title: change.recipe.title(change.value),
		subject: before && describeSubject(before),
		access: journalAccess(options),
		nodes: prepared.map(({node, steps, units, leftoversOf}) => ({
			node, address: nodes.find(({name}) => name === node)?.internalIp ?? '', progress: 'planned', settings: steps.map(({kind, name}) => ({kind, name})), units, leftoversOf,
		})),
		objects: change.plan.objects.map(object => ({...object, progress: 'planned'})),
		rollouts: change.plan.rollouts,
		watched: change.plan.rollouts.length === 0 ? [] : nodes.map(({name, internalIp}) => ({node: name, address: internalIp})),
		until: options.forSeconds === 0 ? undefined : new Date(now.getTime() + (options.forSeconds * 1000)).toISOString(),
	};
};
