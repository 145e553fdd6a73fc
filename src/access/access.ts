/** A network namespace where we can look: a node's, or a pod's (entered from its node). */
export type Point =
	| {readonly kind: 'node'; readonly node: string}
	| {readonly kind: 'pod'; readonly namespace: string; readonly pod: string; readonly node: string; readonly ip: string};

/** A POSIX sh script and its positional parameters. The text is ours, never composed from cluster data; data goes in `args`. */
export type Script = {
	/** What it is for. The same question has the same name, also when its text changed since it was recorded. */
	readonly name?: string;
	readonly text: string;
	readonly args: readonly string[];
};

/** What one round trip brought back. `command` is what a person would type to get the same. */
export type Answer =
	| {readonly ok: true; readonly command: string; readonly stdout: string; readonly stderr: string; readonly exitCode: number; readonly ms: number}
	| {readonly ok: false; readonly command: string; readonly because: string; readonly tryThis: string};

export type RunOptions = {
	readonly timeoutMs?: number;
	readonly maxBytes?: number;
	readonly signal?: AbortSignal;
};

/** A long-lived remote process. Closing its standard input asks it to finish; it also ends by itself when we die. */
export type Stream = {
	readonly command: string;
	readonly stdout: AsyncIterable<Uint8Array>;
	readonly stderr: AsyncIterable<Uint8Array>;
	finish(): void;
	/** Writes bytes to its standard input; resolves when they are on their way. Not every stream takes any. */
	send?(bytes: Uint8Array): Promise<void>;
	kill(signal?: 'SIGINT' | 'SIGHUP' | 'SIGTERM' | 'SIGKILL'): void;
	readonly ended: Promise<{readonly exitCode: number | undefined; readonly because?: string}>;
};

/** Whether a node is reached, and by which way: ssh, kubernetes, local or recorded (design.md §5). */
export type Connection =
	| {readonly ok: true; readonly way: string}
	| {readonly ok: false; readonly because: string; readonly tryThis: string; readonly isForbidden?: boolean};

/** What is told about ways onto nodes while they are made. */
export type AccessNews =
	/** Before the first object is made in the cluster. */
	| {readonly type: 'pods-announced'; readonly namespace: string; readonly willMakeNamespace: boolean; readonly image: string; readonly deadlineSeconds: number; readonly purpose: 'look' | 'warm' | 'change'}
	/** The cluster does not let us make any. */
	| {readonly type: 'pods-refused'; readonly because: string; readonly tryThis: string}
	| {readonly type: 'node-pod-waited'; readonly node: string; readonly doing: string}
	/** Before a container that cannot be removed again is put into a pod. */
	| {readonly type: 'container-announced'; readonly pod: string; readonly image: string}
	/** A node has not the programs that are needed there: ours are brought in a directory that goes with us, or why not. */
	| {readonly type: 'tools-missing'; readonly node: string; readonly missing: readonly string[]; readonly directory: string | undefined; readonly because: string | undefined}
	/** Something of ours could not be removed. */
	| {readonly type: 'pods-left'; readonly namespace: string; readonly because: string};

/** How points are reached. */
export type Access = {
	/** Safe to call twice. */
	connect(node: string): Promise<Connection>;
	run(point: Point, script: Script, options?: RunOptions): Promise<Answer>;
	stream(point: Point, script: Script): Stream;
	/** Runs a script as root on the node itself, outside of any container. It runs to its end also when we are gone. */
	change(node: string, script: Script): Stream;
	/** The words that open a shell at a point of a node that is connected, for a terminal; undefined where there is no way to have one. */
	shell?(point: Point): readonly string[] | undefined;
	close(): Promise<void>;
};

export const pointLabel = (point: Point): string => (point.kind === 'node' ? point.node : `${point.namespace}/${point.pod}`);
