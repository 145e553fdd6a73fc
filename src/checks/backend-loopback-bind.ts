import type {Check, Verdict} from '../check.ts';
import type {Evidence} from '../evidence/evidence.ts';
import {isCellExplained} from './shared/explain.ts';
import {type Answer, predictRefusal, readAnswers} from './shared/refusals.ts';
import {
	broken,
	latent,
	ok,
	refsTo,
	unknown,
} from './shared/verdicts.ts';
import {formatAddress, joinWords} from './shared/words.ts';

const describe = ({endpoint, listening}: Answer): string => (listening.state === 'unknown'
	? ''
	: `${listening.pod} listens on ${joinWords(listening.on.map(socket => formatAddress(socket)))} only, not on ${formatAddress(endpoint)}`);

const refsOf = ({pods}: Evidence, answers: readonly Answer[]) =>
	refsTo(...answers.map(({listening}) => (listening.state === 'unknown' ? undefined : pods.get(listening.pod)?.listeners)));

const judge = (evidence: Evidence): Verdict => {
	const answers = readAnswers(evidence);
	if (answers.length === 0) {
		return unknown('there is no ready endpoint whose sockets could be read');
	}

	const loopback = answers.filter(({listening, probed}) => listening.state === 'loopback-only' && probed !== 'open');
	const refused = loopback.filter(({probed}) => probed === 'refused');
	if (refused.length > 0) {
		return broken(`${joinWords(refused.map(answer => describe(answer)))}, so it refuses whoever is not in the pod itself`, refsOf(evidence, refused), 'certain');
	}

	if (loopback.length > 0) {
		return latent(`${joinWords(loopback.map(answer => describe(answer)))}; no probe got far enough to be refused`, refsOf(evidence, loopback));
	}

	const reasons = answers.flatMap(({listening, probed}) => (probed !== 'open' && listening.state === 'unknown' ? [listening.because] : []));
	return reasons.length > 0 ? unknown(joinWords(reasons)) : ok('no backend listens on the loopback address alone');
};

export const backendLoopbackBind: Check = {
	id: 'backend-loopback-bind',
	place: 130,
	title: 'The backend listens on its pod address',
	explain: 'An application that binds 127.0.0.1 or ::1 answers inside its pod, also to kubectl port-forward, and refuses everybody else.',
	judge,
	explains: (cell, evidence) => isCellExplained(cell, evidence, predictRefusal(evidence, 'loopback-only')),
	repair: ({target}) => [
		`make the application listen on 0.0.0.0:${target.endpoints.find(({isReady}) => isReady)?.port ?? target.port.targetPort} (or [::]): its configuration or arguments in the workload of ${joinWords(target.backends.map(({name}) => name))}`,
	],
};
