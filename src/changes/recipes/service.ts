import {known} from '../../evidence/known.ts';
import type {Kitchen, NotApplicable, Recipe} from '../change.ts';
import type {Target} from '../../target.ts';
import {podLabel} from '../../cluster/pod-label.ts';
import {withEndpoints, withTargetPort} from './service-rules.ts';
import {emptyPlan, isRefused, refuse} from './shared.ts';

const needsService = (name: string): NotApplicable => refuse('no Service is named', `name it: hairpin fix ${name} svc/NAME --from pod/NAME`);

const serviceOf = ({evidence}: Kitchen, name: string) => {
	if (evidence === undefined) {
		return needsService(name);
	}

	const {service, port, isFromRules} = evidence.target;
	return isFromRules === true ? refuse('without an API server its Services cannot be changed', 'run it again once the API server answers') : {service, port};
};

// An object has no effect of its own on a node: the probes show it.
const inForce = (node: {readonly node: string}) => known(true, {point: node.node, command: '', excerpt: ''});

/** Where a Service sends its connections to. */
export const targetPort: Recipe = {
	name: 'target-port',
	values: ['PORT'],
	accepts: value => /^\d{1,5}$/v.test(value) && Number(value) > 0 && Number(value) < 65_536,
	title: value => `Send the Service's connections to port ${value} of its pods`,
	why: 'A Service forwards to targetPort of its pods, whatever the application listens on.',
	price: () => ['whoever deploys the Service (Helm, Argo CD, kubectl apply) will put the old port back unless it is changed there, too'],
	cuts: 'no connection',
	plan(kitchen, value) {
		const found = serviceOf(kitchen, 'target-port=PORT');
		if (isRefused(found)) {
			return found;
		}

		const {service, port} = found;
		const index = service.ports.findIndex(candidate => candidate.port === port.port && candidate.protocol === port.protocol);
		return {
			...emptyPlan,
			objects: [{
				resource: 'services', namespace: service.namespace, name: service.name, pointer: `/spec/ports/${Math.max(0, index)}/targetPort`, before: port.targetPort, after: Number(value),
			}],
		};
	},
	isInForce: inForce,
	assume: (node, value, _plan, {target}) => withTargetPort(node, target, value),
	assumeTarget: (target, value) => ({
		...target,
		port: {...target.port, targetPort: Number(value)},
		endpoints: target.endpoints.map(endpoint => ({...endpoint, port: Number(value)})),
	}),
};

const labels = /^[\w\-.\/]+=[\w\-.]*(?:,[\w\-.\/]+=[\w\-.]*)*$/v;

const parseLabels = (value: string): Readonly<Record<string, string>> => Object.fromEntries(value.split(',').map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

/** Whether it is the selector that finds the pods which were meant. */
const isOfMeant = ({isMeant, backends}: Target, value: string): boolean => isMeant === true && backends.every(({labels: own}) => Object.entries(parseLabels(value)).every(([key, wanted]) => own[key] === wanted));

/** The target as it is once its selector finds those pods: as ready as they are. */
const withMeant = ({isMeant: _isMeant, ...target}: Target): Target => ({
	...target,
	endpoints: target.endpoints.map(endpoint => ({...endpoint, isReady: target.backends.find(({ip}) => ip === endpoint.ip)?.isReady === true})),
});

/** Which pods a Service is made of. */
export const serviceSelector: Recipe = {
	name: 'service-selector',
	values: ['KEY=VALUE[,KEY=VALUE…]'],
	accepts: value => labels.test(value),
	title: value => `Select the Service's pods by ${value}`,
	why: 'A Service consists of the pods that its selector matches. One wrong letter, and it consists of none.',
	price: () => ['whoever deploys the Service (Helm, Argo CD, kubectl apply) will put the old selector back unless it is changed there, too'],
	cuts: 'no connection',
	plan(kitchen, value) {
		const found = serviceOf(kitchen, 'service-selector=KEY=VALUE');
		if (isRefused(found)) {
			return found;
		}

		const target = kitchen.evidence?.target;
		return {
			...emptyPlan,
			notes: target && isOfMeant(target, value) ? [`it finds ${target.backends.map(pod => podLabel(pod)).join(', ')}, and every other pod with these labels`] : [],
			objects: [{
				resource: 'services', namespace: found.service.namespace, name: found.service.name, pointer: '/spec/selector', before: found.service.selector, after: parseLabels(value),
			}],
		};
	},
	isInForce: inForce,
	assume: (node, value, _plan, {target}) => (isOfMeant(target, value) ? withEndpoints(node, withMeant(target)) : node),
	assumeTarget: (target, value) => (isOfMeant(target, value) ? withMeant(target) : undefined),
};
