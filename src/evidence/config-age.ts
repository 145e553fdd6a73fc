import type {Known, NodeEvidence} from './evidence.ts';
import {valueOf} from './known.ts';

/** Seconds by which a start may seem to come before the file that it read: /proc counts from boot, rounded. */
const clockSlackSeconds = 2;

/** By how many seconds kube-proxy's file is younger than the process; undefined where it is older, or one of them is not known. */
export const staleSecondsOfConfig = ({kubeProxy, kubeProxyConfig}: NodeEvidence): number | undefined => {
	const [daemon, file] = [valueOf(kubeProxy), valueOf(kubeProxyConfig)];
	const seconds = daemon && file ? file.modifiedAt - daemon.startedAt : 0;
	return seconds > clockSlackSeconds ? Math.round(seconds) : undefined;
};

/** Which of the two came last: a file that is younger than the process was perhaps never read. */
export const ageOfConfig = (node: NodeEvidence): Known<string> => {
	const {kubeProxy, kubeProxyConfig} = node;
	if ('unknown' in kubeProxy) {
		return kubeProxy;
	}

	if ('unknown' in kubeProxyConfig) {
		return kubeProxyConfig;
	}

	const seconds = staleSecondsOfConfig(node);
	return {value: seconds === undefined ? 'started after the file was written' : `file written ${seconds} s after the start`, origin: kubeProxyConfig.origin};
};
