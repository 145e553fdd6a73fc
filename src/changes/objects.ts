import {isDeepStrictEqual} from 'node:util';
import type {KubectlFailure, KubectlFailureKind} from '../cluster/kubectl-failure.ts';
import type {Kubectl, KubectlProgram, KubectlText} from '../cluster/kubectl.ts';
import {dig, readList, readText} from '../cluster/read-json.ts';
import {cleanLine} from '../clean.ts';
import type {Consent} from '../consent.ts';
import type {ObjectPlan, ProxyDeployment, Rollout} from './change.ts';

const rolloutTimeoutMs = 180_000;

/** A JSON Patch (RFC 6902) whose test fails where somebody else changed the field since it was read. */
const composePatch = (pointer: string, before: unknown, after: unknown): string => JSON.stringify([
	{op: 'test', path: pointer, value: before},
	{op: 'replace', path: pointer, value: after},
]);

/** Replaces one field of an object. What it must read at that moment is `before`. */
export const patchObject = async (kubectl: KubectlProgram, _consent: Consent, {resource, namespace, name, pointer, before, after}: ObjectPlan): Promise<KubectlText> =>
	kubectl.command(['patch', resource, name, '--namespace', namespace, '--type=json', `--patch=${composePatch(pointer, before, after)}`, '--output=name']);

/** The field as it is now, or why it could not be read. */
export const readField = async (kubectl: KubectlProgram, {resource, namespace, name, pointer}: ObjectPlan): Promise<{readonly value: unknown} | {readonly unknown: string}> => {
	const answer = await kubectl.getRaw(`/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`);
	if (!answer.ok) {
		return {unknown: answer.because};
	}

	return {value: dig(answer.value, ...pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~')))};
};

// After these the API server may have done it all the same, or may do it yet.
const unsureKinds: ReadonlySet<KubectlFailureKind> = new Set(['timeout', 'unreachable', 'garbage']);

/** Why a field that could not be replaced is certainly not ours now, in a sentence about the object. Undefined where it may be. */
export const explainUntouched = async (kubectl: KubectlProgram, plan: ObjectPlan, {kind, because}: KubectlFailure): Promise<string | undefined> => {
	const now = unsureKinds.has(kind) ? undefined : await readField(kubectl, plan);
	if (now === undefined || 'unknown' in now || isDeepStrictEqual(now.value, plan.after)) {
		return undefined;
	}

	// Of a test that fails the API server says no more than that the request is invalid.
	return isDeepStrictEqual(now.value, plan.before) ? `could not be changed: ${because}` : 'is not as it was when the change was shown; somebody else changed it';
};

/** Starts the pods of a DaemonSet anew and waits until they are ready. Resolves with why they are not. */
export const restartDaemonSet = async (kubectl: KubectlProgram, _consent: Consent, {namespace, name}: Rollout): Promise<string | undefined> => {
	const begun = await kubectl.command(['rollout', 'restart', `daemonset/${name}`, '--namespace', namespace]);
	if (!begun.ok) {
		return begun.because;
	}

	const done = await kubectl.command(['rollout', 'status', `daemonset/${name}`, '--namespace', namespace, `--timeout=${rolloutTimeoutMs / 1000}s`], {timeoutMs: rolloutTimeoutMs + 10_000});
	return done.ok ? undefined : done.because;
};

const configFlag = (container: unknown): string | undefined => {
	const words = [...readList(dig(container, 'command')), ...readList(dig(container, 'args'))].map(word => readText(word));
	return words.map(word => /--config[ =](?<path>\S+)/v.exec(word)?.groups?.path).find(path => path !== undefined);
};

/** The ConfigMap and its key that a container sees at a path. */
const findMount = (spec: unknown, path: string): {readonly configMap: string; readonly key: string} | undefined => {
	const mount = readList(dig(readList(dig(spec, 'containers')).at(0), 'volumeMounts')).find(candidate => path.startsWith(`${readText(dig(candidate, 'mountPath')).replace(/\/$/v, '')}/`));
	const volume = readList(dig(spec, 'volumes')).find(candidate => dig(candidate, 'name') === dig(mount, 'name'));
	const configMap = readText(dig(volume, 'configMap', 'name'));
	if (configMap === '') {
		return undefined;
	}

	const file = path.slice(readText(dig(mount, 'mountPath')).replace(/\/$/v, '').length + 1);
	const item = readList(dig(volume, 'configMap', 'items')).find(candidate => dig(candidate, 'path') === file);
	return {configMap, key: item === undefined ? file : readText(dig(item, 'key'))};
};

const managedBy = (daemonSet: unknown, by: string): ProxyDeployment => ({kind: 'managed', by, tryThis: `see who made it: kubectl -n kube-system get daemonset kube-proxy -o yaml (${cleanLine(readText(dig(daemonSet, 'metadata', 'uid')), 40)})`});

const ownersTexts: ReadonlyMap<string, ProxyDeployment> = new Map([
	['k3s', {kind: 'managed', by: 'k3s', tryThis: 'on servers and agents put it into /etc/rancher/k3s/config.yaml under kube-proxy-arg: (such as "masquerade-all=true"), then: systemctl restart k3s (agents: k3s-agent)'}],
	['rke2', {kind: 'managed', by: 'RKE2', tryThis: 'on servers and agents put it into /etc/rancher/rke2/config.yaml under kube-proxy-arg:, then: systemctl restart rke2-server (agents: rke2-agent)'}],
	['kubelite', {kind: 'managed', by: 'MicroK8s', tryThis: 'put the flag into /var/snap/microk8s/current/args/kube-proxy on every node, then: microk8s stop; microk8s start'}],
	['eks', {kind: 'managed', by: 'the EKS add-on', tryThis: 'aws eks update-addon --addon-name kube-proxy --configuration-values …; a ConfigMap that is edited by hand is put back by the add-on'}],
	['aks', {kind: 'managed', by: 'AKS', tryThis: 'az aks update --kube-proxy-config FILE'}],
	['gke', {kind: 'managed', by: 'GKE', tryThis: 'it cannot be configured there'}],
]);

/** Who runs kube-proxy, by the names of the daemons and of the node's maker. Undefined where it is a unit or a DaemonSet of the cluster's own. */
export const findOwner = (program: string, providerId: string, kubeletVersion: string): ProxyDeployment | undefined => {
	if (kubeletVersion.includes('rke2')) {
		return ownersTexts.get('rke2');
	}

	const name = program.split('/').at(-1) ?? '';
	if (name.startsWith('k3s')) {
		return ownersTexts.get('k3s');
	}

	if (name === 'kubelite') {
		return ownersTexts.get('kubelite');
	}

	if (providerId.startsWith('gce://') && kubeletVersion.includes('-gke.')) {
		return ownersTexts.get('gke');
	}

	return providerId.startsWith('azure://') && providerId.includes('aks') ? ownersTexts.get('aks') : undefined;
};

/** Whether kube-proxy is a DaemonSet, and where its configuration is. Units where the API knows none, or is not there. */
export const findProxyDeployment = async (kubectl: Kubectl): Promise<ProxyDeployment> => {
	const answer = await kubectl.getRaw('/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy');
	if (!answer.ok || Number(dig(answer.value, 'status', 'desiredNumberScheduled')) === 0) {
		return {kind: 'units'};
	}

	const spec = dig(answer.value, 'spec', 'template', 'spec');
	const path = configFlag(readList(dig(spec, 'containers')).at(0));
	const place = path === undefined ? undefined : findMount(spec, path);
	if (place === undefined) {
		return managedBy(answer.value, 'a DaemonSet without a ConfigMap of its own');
	}

	const isAddon = readText(dig(answer.value, 'metadata', 'labels', 'eks.amazonaws.com/component')) !== '';
	const config = await kubectl.getRaw(`/api/v1/namespaces/kube-system/configmaps/${encodeURIComponent(place.configMap)}`);
	const text = config.ok ? dig(config.value, 'data', place.key) : undefined;
	if (isAddon || typeof text !== 'string') {
		return (isAddon ? ownersTexts.get('eks') : undefined) ?? managedBy(answer.value, `the ConfigMap kube-system/${place.configMap}, which could not be read`);
	}

	return {
		kind: 'daemon-set', namespace: 'kube-system', name: 'kube-proxy', ...place, text,
	};
};
