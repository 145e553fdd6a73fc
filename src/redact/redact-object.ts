// What no check reads, and what people write into: images and where they come from, probes, rules of placing, notes.
const unwanted: ReadonlySet<string> = new Set([
	'images',
	'image',
	'imageID',
	'containerID',
	'providerID',
	'readinessProbe',
	'livenessProbe',
	'startupProbe',
	'tolerations',
	'taints',
	'affinity',
	'topologySpreadConstraints',
	'serviceAccount',
	'serviceAccountName',
	'schedulerName',
	'priorityClassName',
	'runtimeClassName',
	'securityContext',
	'message',
	'hostAliases',
	'dnsConfig',
	'readinessGates',
	'terminationMessagePath',
	'config',
	'volumesInUse',
	'volumesAttached',
	'finalizers',
	'systemUUID',
	'machineID',
	'bootID',
	'loadBalancer',
	'hints',
	'annotations',
	'managedFields',
	'env',
	'envFrom',
	'volumes',
	'volumeMounts',
	'command',
	'args',
	'data',
	'stringData',
	'binaryData',
	'lifecycle',
	'imagePullSecrets',
	'deprecatedTopology',
	'allocatedResources',
	'allocatable',
	'capacity',
	'resources',
	'resourceClaims',
	'resourceClaimStatuses',
	'appProtocol',
	'loadBalancerClass',
	'features',
	'runtimeHandlers',
]);

const labelFields: ReadonlySet<string> = new Set(['labels', 'selector', 'matchLabels', 'nodeSelector']);

// What the API itself calls things: these fields choose what a reader does. A controller's own condition may be called after what it is about, `target-health.example/shop-cart`.
const ownWords: ReadonlySet<string> = new Set(['kind', 'apiVersion', 'type', 'phase', 'protocol', 'reason', 'status', 'operator', 'sessionAffinity', 'internalTrafficPolicy', 'externalTrafficPolicy', 'addressType', 'policyTypes', 'restartPolicy', 'dnsPolicy', 'operatingSystem', 'architecture']);

const isOwnWord = (key: string, word: string): boolean => ownWords.has(key) && (key === 'apiVersion' || /^\p{Letter}*$/v.test(word));

/** An object of the API with pseudonyms in all its texts. */
export const redactObject = (value: unknown, redact: (text: string) => string, isLabels = false): unknown => {
	if (typeof value === 'string') {
		return redact(value);
	}

	if (Array.isArray(value)) {
		return value.map(item => redactObject(item, redact));
	}

	if (typeof value !== 'object' || value === null) {
		return value;
	}

	return Object.fromEntries(Object.entries(value).filter(([key]) => isLabels || !unwanted.has(key)).map(([key, item]) => [
		isLabels ? redact(key) : key,
		!isLabels && typeof item === 'string' && isOwnWord(key, item) ? item : redactObject(item, redact, !isLabels && labelFields.has(key)),
	]));
};
