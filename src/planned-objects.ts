import {stringify} from 'yaml';
import {orderWays} from './access/create-access.ts';
import {debugNamespace, defaultDebugNamespace, readingPod} from './access/node-pod/manifest.ts';
import {planNodePod} from './access/node-pod/node-pods.ts';
import {describeOwner} from './access/owner.ts';
import type {AccessOptions} from './options.ts';

export type PlannedNode = {readonly name: string; readonly internalIp: string};

/** Manifests of all that would be made to look at these nodes, as YAML; empty where nothing would be. */
export const formatPlannedObjects = (options: AccessOptions, nodes: readonly PlannedNode[]): string => {
	const {image} = options;
	const reached = nodes.filter(({name, internalIp}) => orderWays(name, internalIp, options).includes('kubernetes'));
	if (image === undefined || reached.length === 0) {
		return '';
	}

	const owner = describeOwner();
	const namespace = debugNamespace(options.debugNamespace ?? defaultDebugNamespace, owner);
	const pods = reached.map(({name}, index) => readingPod(planNodePod({...options, image}, name, index + 1, owner)));
	return [namespace, ...pods].map(object => `---\n${stringify(object, {aliasDuplicateObjects: false, lineWidth: 0})}`).join('');
};
