/** Where rules send connections of a Service. A weight of 0 is kept for old connections and gets no new ones (IPVS). */
export type RuleBackend = {
	readonly ip: string;
	readonly port: number;
	readonly weight: number;
};

/** One address and port of a Service, as the rules of a node translate it. */
export type ServiceRule = {
	readonly ip: string;
	readonly port: number;
	readonly protocol: string;
	/** Empty where the rules refuse or drop, because there is no endpoint. */
	readonly backends: readonly RuleBackend[];
	/** What kube-proxy calls the Service in its rules, such as `default/nginx`; undefined where they hold no names. */
	readonly name: string | undefined;
	/** True where only backends of the node itself are used: internalTrafficPolicy Local, as far as rules tell. */
	readonly isLocalOnly: boolean;
};

/** `10.244.0.19:80` or `[fd00::13]:80`; undefined where it is neither. */
export const parseDestination = (text: string): RuleBackend | undefined => {
	const {ip, ip6 = '', port} = /^(?:\[(?<ip6>[\d.:a-f]+)\]|(?<ip>[\d.]+)):(?<port>\d+)$/v.exec(text)?.groups ?? {};
	return port === undefined ? undefined : {ip: ip ?? ip6, port: Number(port), weight: 1};
};

/** The chains that can be got to from one, itself included, each once: text can have circles, which a kernel refuses. */
export const reachableChains = (from: string, nextOf: (chain: string) => readonly string[]): readonly string[] => {
	const reached = new Set<string>();
	const open = [from];
	for (let chain = open.pop(); chain !== undefined; chain = open.pop()) {
		if (reached.has(chain)) {
			continue;
		}

		reached.add(chain);
		open.push(...nextOf(chain).toReversed());
	}

	return [...reached];
};

/** The same backend is reached by several rules where a Service remembers its clients (sessionAffinity). */
export const uniqueBackends = (backends: readonly RuleBackend[]): readonly RuleBackend[] =>
	new Map(backends.map(backend => [`${backend.ip} ${backend.port}`, backend])).values().toArray();

/** `10.244.0.19:80`, `[fd00::13]:80`. */
export const formatDestination = ({ip, port}: Pick<RuleBackend, 'ip' | 'port'>): string => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
