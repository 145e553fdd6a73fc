import {checks} from '../catalogue/index.ts';
import type {Pod} from '../cluster/cluster.ts';
import {diagnose} from '../diagnosis.ts';
import {type SessionState, evidenceOf} from '../session-state.ts';
import type {Target} from '../target.ts';
import type {Name} from './names.ts';

const namesOfPod = ({namespace, name, labels, containers}: Pod): readonly Name[] => [
	{kind: 'namespace', name: namespace},
	{kind: 'pod', name},
	...containers.map(container => ({kind: 'container', name: container.name} as const)),
	...Object.values(labels).map(label => ({kind: 'label', name: label} as const)),
];

const namesOfTarget = ({service, client, otherClient, backends, endpoints, nodes}: Target): readonly Name[] => [
	{kind: 'namespace', name: service.namespace},
	{kind: 'service', name: service.name},
	...[client, ...backends, ...(otherClient ? [otherClient] : [])].flatMap(pod => namesOfPod(pod)),
	...endpoints.flatMap(({pod, node}) => [{kind: 'pod', name: pod ?? ''} as const, {kind: 'node', name: node ?? ''} as const]),
	...nodes.keys().map(name => ({kind: 'node', name} as const)),
	...Object.values(service.selector).map(name => ({kind: 'label', name} as const)),
];

/** Every name that an incident holds, those of the user's own words besides. */
export const listNames = ({target, nodes}: Pick<SessionState, 'target' | 'nodes'>): readonly Name[] => [
	...(target ? namesOfTarget(target) : []),
	...nodes.values().flatMap(({bridges}) => ('unknown' in bridges ? [] : bridges.value))
		.flatMap(({ports}) => ports).map(({name}) => ({kind: 'interface', name} as const)),
];

/** A state that was redacted, judged again: what the verdict says is about pseudonyms then, and shows that they keep the shape of the fault. */
export const judgeAgain = (redacted: SessionState): SessionState => {
	const diagnosis = redacted.target && diagnose(checks, evidenceOf(redacted));
	return {...redacted, diagnosis, findings: diagnosis?.findings ?? []};
};
