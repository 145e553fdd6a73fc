import type {Check, EvidenceRef, Verdict} from '../check.ts';
import type {Pod} from '../cluster/cluster.ts';
import type {Evidence} from '../evidence/evidence.ts';
import type {Cell} from '../probes/matrix.ts';
import {meantSelector} from '../target/meant-pods.ts';
import {suggestLabels} from './shared/labels.ts';
import {findInApi} from './shared/repairs.ts';
import {readyEndpoints} from './shared/routes.ts';
import {broken, latent, ok} from './shared/verdicts.ts';
import {
	joinWords,
	pluralize,
	podLabel,
	serviceLabel,
} from './shared/words.ts';

const formatSelector = (selector: Readonly<Record<string, string>>): string => Object.entries(selector).map(([key, value]) => `${key}=${value}`).join(',');

const whyNotReady = ({phase, containers}: Pod): string => {
	const waiting = containers.filter(({isReady}) => !isReady).map(({name, state}) => `container ${name}: ${state === '' ? 'not ready' : state}`);
	return phase !== 'Running' || waiting.length === 0 ? `phase ${phase}${waiting.length > 0 ? `, ${joinWords(waiting)}` : ''}` : joinWords(waiting);
};

const hasPortNamed = ({containers}: Pod, portName: string): boolean => containers.some(({ports}) => ports.some(({name}) => name === portName));

const explainNamedPort = ({target}: Evidence): string | undefined => {
	const {targetPort} = target.port;
	const ready = target.backends.filter(({isReady}) => isReady);
	if (typeof targetPort === 'number' || ready.length === 0 || ready.some(pod => hasPortNamed(pod, targetPort))) {
		return undefined;
	}

	const names = ready.flatMap(({containers}) => containers.flatMap(({ports}) => ports.map(({name}) => name))).filter(name => name !== '');
	return `its targetPort is named "${targetPort}", and no container of ${joinWords(ready.map(pod => podLabel(pod)))} has a port of that name${names.length > 0 ? ` (there are: ${joinWords(names)})` : ''}`;
};

const explainPods = ({target}: Evidence): string => {
	const {selector} = target.service;
	const notReady = target.backends.filter(({isReady}) => !isReady);
	return notReady.length > 0
		? `its selector ${formatSelector(selector)} finds ${joinWords(notReady.map(pod => `${podLabel(pod)}, which is not Ready (${whyNotReady(pod)})`))}`
		: `its selector ${formatSelector(selector)} finds ${joinWords(target.backends.map(pod => podLabel(pod)))}, which the EndpointSlices do not list yet`;
};

/** Rules hold what kube-proxy made of the API's objects, and nothing of why. */
const explainRules = ({target}: Evidence): string => {
	const count = target.endpoints.length;
	const seen = count === 0 ? 'the nodes\' rules send it to no backend' : `the nodes' rules give no new connections to its ${pluralize(count, 'backend')} (weight 0)`;
	return `${seen}; whether it has pods, and whether these are Ready, is not known without an API server`;
};

const explainAbsence = (evidence: Evidence): string => {
	if (evidence.target.isFromRules === true) {
		return explainRules(evidence);
	}

	const {
		service, backends, endpoints, notes, isMeant,
	} = evidence.target;
	if (Object.keys(service.selector).length === 0) {
		return endpoints.length > 0 ? 'it has no selector, and no address in its EndpointSlices is ready' : 'it has no selector, and nobody made an EndpointSlice for it';
	}

	if (isMeant !== true && backends.length > 0) {
		return explainNamedPort(evidence) ?? explainPods(evidence);
	}

	const unread = notes.find(note => note.startsWith('the pods behind') && note.includes('could not be read'));
	return unread ?? `its selector ${formatSelector(service.selector)} matches no pod in ${service.namespace}${suggestLabels(evidence.target)}`;
};

const isVipCell = (cell: Cell): boolean => cell.path !== 'endpoint' && cell.attempts.length > 0;

const refsOf = (evidence: Evidence, says: string): readonly EvidenceRef[] => [{kind: 'object', object: `service ${serviceLabel(evidence.target.service)}`, says}];

const judge = (evidence: Evidence): Verdict => {
	const ready = readyEndpoints(evidence).length;
	const all = evidence.target.endpoints.length;
	if (ready > 0) {
		return ok(evidence.target.isFromRules === true ? `the nodes' rules send to ${pluralize(ready, 'backend')}; whether pods are Ready is not known without an API server` : (ready === all ? `${pluralize(ready, 'endpoint is', 'endpoints are')} ready` : `${ready} of ${pluralize(all, 'endpoint')} are ready`));
	}

	const why = explainAbsence(evidence);
	const because = `${serviceLabel(evidence.target.service)} has no ready endpoint: ${why}`;
	const outcomes = evidence.matrix.filter(cell => isVipCell(cell)).flatMap(({attempts}) => attempts.map(({outcome}) => outcome));
	return outcomes.length > 0 && outcomes.every(outcome => outcome === 'open')
		? latent(`${because}; and yet the Service answers: the endpoints have just changed, or kube-proxy is behind`, refsOf(evidence, why))
		: broken(because, refsOf(evidence, why), outcomes.includes('refused') ? 'certain' : 'likely');
};

const repairSelector = ({target}: Evidence): readonly string[] => {
	const {service} = target;
	const meant = meantSelector(target);
	return [
		`kubectl -n ${service.namespace} get pods --show-labels`,
		...(meant === undefined ? [] : [`hairpin fix service-selector=${meant} svc/${service.name} -n ${service.namespace}   # if ${joinWords(target.backends.map(pod => podLabel(pod)))} should answer: shows the change, asks, and can undo it`]),
		`kubectl -n ${service.namespace} edit service ${service.name}   # spec.selector: the labels of the pods that should answer`,
	];
};

const repair = (evidence: Evidence): readonly string[] => {
	const {
		service, backends, port, isFromRules, isMeant,
	} = evidence.target;
	if (isFromRules === true) {
		return findInApi(service);
	}

	if (Object.keys(service.selector).length === 0) {
		return [`kubectl -n ${service.namespace} edit service ${service.name}   # add spec.selector, or create an EndpointSlice labelled kubernetes.io/service-name=${service.name}`];
	}

	if (isMeant === true || backends.length === 0) {
		return repairSelector(evidence);
	}

	return explainNamedPort(evidence) === undefined
		? backends.flatMap(pod => [`kubectl -n ${pod.namespace} describe pod ${pod.name}`, `kubectl -n ${pod.namespace} logs ${pod.name} --all-containers --tail=50`])
		: [`kubectl -n ${service.namespace} edit service ${service.name}   # targetPort of port ${port.port}: a number, or a name that the containers have`];
};

export const noReadyEndpoints: Check = {
	id: 'no-ready-endpoints',
	place: 110,
	title: 'Endpoints are ready',
	explain: 'A Service sends connections to the pods that its selector finds and that are Ready. Where there are none, kube-proxy refuses every connection at once.',
	judge,
	explains: (cell, evidence) => isVipCell(cell) && readyEndpoints(evidence).length === 0,
	repair,
	fixedBy({target}) {
		const meant = meantSelector(target);
		return meant === undefined ? [] : [`service-selector=${meant}`];
	},
};
