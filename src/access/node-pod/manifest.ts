import type {AccessOptions} from '../../options.ts';

export const managedBy = {'app.kubernetes.io/managed-by': 'hairpin'};
export const sessionLabel = 'hairpin/session';
export const processAnnotation = 'hairpin/process';
export const defaultDebugNamespace = 'hairpin-system';
export const containerName = 'hairpin';

/** Who makes pods, told by their labels and annotations. */
export type PodOwner = {
	readonly session: string;
	/** The person and the machine, such as `ops@jump1`. */
	readonly owner: string;
	/** The machine, the process and its start, to tell whether the session still runs. */
	readonly process: string;
};

export type PodRequest = PodOwner & Pick<AccessOptions, 'pullSecret' | 'podDeadlineSeconds'> & {
	readonly name: string;
	readonly node: string;
	readonly namespace: string;
	readonly image: string;
	/** What the container runs. */
	readonly command: readonly string[];
};

// Label values: up to 63 characters of [-A-Za-z0-9_.], and no sign at the ends (apimachinery, validation.IsValidLabelValue).
const toLabelValue = (text: string): string => /[\dA-Za-z](?:.*[\dA-Za-z])?/v.exec(text.replaceAll(/[^\w\-.]/gv, '_').slice(0, 63))?.[0] ?? 'unknown';

const metadata = ({name, namespace, session, owner, process}: PodRequest) => ({
	name,
	namespace,
	labels: {
		...managedBy, 'app.kubernetes.io/name': 'hairpin-node', [sessionLabel]: session, 'hairpin/owner': toLabelValue(owner),
	},
	annotations: {[processAnnotation]: process},
});

const podBasics = ({node, pullSecret, podDeadlineSeconds}: PodRequest) => ({
	// Set here, so that neither the scheduler nor a cordon keeps the pod away.
	nodeName: node,
	tolerations: [{operator: 'Exists'}],
	restartPolicy: 'Never',
	activeDeadlineSeconds: podDeadlineSeconds,
	terminationGracePeriodSeconds: 1,
	automountServiceAccountToken: false,
	enableServiceLinks: false,
	dnsPolicy: 'Default',
	...(pullSecret !== undefined && {imagePullSecrets: [{name: pullSecret}]}),
});

const container = ({image, command}: PodRequest) => ({
	name: containerName, image, imagePullPolicy: 'IfNotPresent', command,
});

// NET_RAW opens capture sockets and NET_ADMIN reads iptables; SYS_PTRACE opens /proc/PID/ns and /proc/1/root of other processes, SYS_ADMIN
// enters a network namespace (setns(2)); tcpdump of Debian and Alpine changes its user after it opened its socket.
export const readingCapabilities = ['NET_ADMIN', 'NET_RAW', 'SYS_PTRACE', 'SYS_ADMIN', 'SETUID', 'SETGID'] as const;

const readingSecurity = {
	runAsUser: 0,
	runAsNonRoot: false,
	privileged: false,
	readOnlyRootFilesystem: true,
	capabilities: {drop: ['ALL'], add: readingCapabilities},
	// Under the default profiles of AppArmor and SELinux nobody looks into another container's network namespace.
	appArmorProfile: {type: 'Unconfined'},
	seLinuxOptions: {type: 'spc_t'},
};

// Loading modules, writing sysctls and restarting units takes all of it: entering the node's mount namespace, too.
const changingSecurity = {runAsUser: 0, runAsNonRoot: false, privileged: true};

const nodePod = <Security extends object>(request: PodRequest, securityContext: Security) => ({
	apiVersion: 'v1',
	kind: 'Pod',
	metadata: metadata(request),
	spec: {
		...podBasics(request),
		hostNetwork: true,
		hostPID: true,
		containers: [{
			...container(request),
			securityContext,
			volumeMounts: [{name: 'tmp', mountPath: '/tmp'}, {name: 'run', mountPath: '/run'}],
		}],
		volumes: ['tmp', 'run'].map(name => ({name, emptyDir: {medium: 'Memory', sizeLimit: '16Mi'}})),
	},
});

/** A pod in a node's network and process namespaces that may read what decides the paths of packets, and capture. Nothing of the node is mounted. */
export const readingPod = (request: PodRequest) => nodePod(request, readingSecurity);

/** The same, which may also change the node. */
export const changingPod = (request: PodRequest) => nodePod(request, changingSecurity);

/** A pod that only makes its node pull the image. It has no rights at all. */
export const warmingPod = (request: PodRequest) => ({
	apiVersion: 'v1',
	kind: 'Pod',
	metadata: metadata(request),
	spec: {
		...podBasics(request),
		containers: [{...container(request), securityContext: {capabilities: {drop: ['ALL']}, allowPrivilegeEscalation: false}}],
	},
});

/** The namespace of our own. Where the cluster enforces PodSecurity by default, pods on the node's network need the label. */
export const debugNamespace = (name: string, {session, process}: PodOwner) => ({
	apiVersion: 'v1',
	kind: 'Namespace',
	metadata: {
		name,
		labels: {...managedBy, [sessionLabel]: session, 'pod-security.kubernetes.io/enforce': 'privileged'},
		annotations: {[processAnnotation]: process},
	},
});

export type NodePodManifest = ReturnType<typeof readingPod | typeof changingPod | typeof warmingPod>;
