import type {Check, EvidenceRef, Verdict} from '../check.ts';
import {formatFrom, podLabel} from '../cluster/pod-label.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {isReachedByAddress} from '../evidence/plan-lookups.ts';
import type {Lookup} from '../probes/lookup.ts';
import {latent, ok, unknown} from './shared/verdicts.ts';
import {joinWords} from './shared/words.ts';

// These settle it; of anything else a resolver asks the next server (res_send.c of glibc).
const isFinal = ({code}: Lookup): boolean => code === 'NOERROR' || code === 'NXDOMAIN';

const describeFinal = ({server, code, addresses}: Lookup, clusterIp: string): string => {
	if (code === 'NXDOMAIN') {
		return `${server} says that there is no such name`;
	}

	return addresses.length === 0 ? `${server} has no address of it` : `${server} says ${joinWords(addresses)}, and not ${clusterIp}`;
};

const silence = {
	answered: '', refused: 'refuses, since nobody listens there', unreachable: 'cannot be reached', unanswered: 'does not answer', unknown: 'could not be asked',
} as const;

const describeFailed = ({server, outcome, code}: Lookup): string => `${server} ${code === undefined ? silence[outcome] : `answers ${code}`}`;

const refsOf = (lookups: readonly Lookup[]): readonly EvidenceRef[] => lookups.map(({from, command, printed}) => ({kind: 'value', origin: {point: from, command, excerpt: printed}}));

const isRight = ({addresses}: Lookup, {target: {service}}: Evidence): boolean => addresses.includes(service.clusterIp);

const judgeFailure = (lookups: readonly Lookup[], final: Lookup | undefined, {target: {service}}: Evidence): Verdict => {
	const [{from, name}] = lookups;
	const isElsewhere = final !== undefined && final.addresses.length > 0;
	const why = final ? describeFinal(final, service.clusterIp) : joinWords(lookups.map(lookup => describeFailed(lookup)));
	return {
		status: 'broken',
		// Somebody may want a name to lead elsewhere.
		confidence: isElsewhere ? 'likely' : 'certain',
		isSeen: true,
		evidence: refsOf(lookups),
		because: `its name ${name} ${isElsewhere ? 'leads elsewhere' : 'is not resolved'} in ${from}: ${why}; by its address it is reached`,
	};
};

const judgeLookups = (lookups: readonly Lookup[], evidence: Evidence): Verdict => {
	const final = lookups.find(lookup => isFinal(lookup));
	const before = lookups.slice(0, final ? lookups.indexOf(final) : undefined);
	if (final === undefined && before.some(({outcome}) => outcome === 'unknown')) {
		return unknown(`whether the Service's name is resolved could not be told: ${before.find(({because}) => because !== undefined)?.because ?? 'not known'}`);
	}

	if (final === undefined || !isRight(final, evidence)) {
		return judgeFailure(lookups, final, evidence);
	}

	const silent = before.filter(({outcome}) => outcome !== 'unknown');
	return silent.length > 0
		? latent(`${final.from} resolves ${final.name} only after a time-out of its resolver: ${joinWords(silent.map(lookup => describeFailed(lookup)))}, and ${final.server} is asked next`, refsOf(silent))
		: ok(`${final.name} is ${joinWords(final.addresses)}, says ${final.server}`);
};

const judge = (evidence: Evidence): Verdict => {
	const {target: {client}, lookups = [], matrix} = evidence;
	const resolver = evidence.pods.get(podLabel(client))?.resolver ?? {unknown: `${podLabel(client)} was not read`};
	if (lookups.length > 0) {
		return judgeLookups(lookups, evidence);
	}

	if ('unknown' in resolver) {
		return unknown(resolver.unknown);
	}

	if (resolver.value.clusterDomain === undefined) {
		return ok(`${podLabel(client)} does not ask the cluster for names (dnsPolicy)`);
	}

	if (!isReachedByAddress(matrix)) {
		return unknown('the client does not reach the Service by its address, so that its name was not asked for');
	}

	return unknown(resolver.value.servers.length === 0 ? `${podLabel(client)} has no name server that could be asked` : 'without an API server the Service\'s name is not known');
};

const serversOf = ({lookups = []}: Evidence): readonly string[] => lookups.map(({server}) => server);

export const dnsNotService: Check = {
	id: 'dns-not-service',
	place: 170,
	title: 'Its name is resolved',
	explain: 'Programs know a Service by its name. The name servers in a pod\'s resolv.conf, mostly the ClusterIP of kube-dns, have to tell its ClusterIP. Where they do not, programs fail although the Service works: kube-dns is a Service itself, with backends, rules and policies of its own.',
	judge,
	explains: () => false,
	repair(evidence) {
		const {target: {client, service}} = evidence;
		return [
			`kubectl get service -A | grep -wF${serversOf(evidence).map(server => ` -e ${server}`).join('')}   # the Service behind the name server`,
			`hairpin check svc/kube-dns:dns -n kube-system --from ${formatFrom(client, 'kube-system')}   # that, mostly: examine it as any other`,
			'kubectl -n kube-system logs -l k8s-app=kube-dns --tail=50   # does it reach the API server, from which it knows the names?',
			`kubectl -n kube-system get configmap coredns -o yaml   # a rewrite, a template or hosts that concern ${service.name}.${service.namespace}?`,
		];
	},
};
