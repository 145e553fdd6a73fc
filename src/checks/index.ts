import type {Check} from '../check.ts';
import {backendLoopbackBind} from './backend-loopback-bind.ts';
import {brNetfilterModuleMissing} from './br-netfilter-module-missing.ts';
import {brNetfilterNotLoaded} from './br-netfilter-not-loaded.ts';
import {brNfCallIp6tablesOff} from './br-nf-call-ip6tables-off.ts';
import {brNfCallIptablesOff} from './br-nf-call-iptables-off.ts';
import {brNfResetAtBootOrRuntime} from './br-nf-reset-at-boot-or-runtime.ts';
import {forwardPolicyDrop} from './forward-policy-drop.ts';
import {hairpinNoMasquerade} from './hairpin-no-masquerade.ts';
import {hairpinPortOff} from './hairpin-port-off.ts';
import {ipForwardOff} from './ip-forward-off.ts';
import {kubeletHairpinModeCheck} from './kubelet-hairpin-mode.ts';
import {masqueradeAllMasking} from './masquerade-all-masking.ts';
import {noReadyEndpoints} from './no-ready-endpoints.ts';
import {proxyModeNotAsConfigured} from './proxy-mode-not-as-configured.ts';
import {targetPortMismatch} from './target-port-mismatch.ts';

/** Every check, in the order on screen: the Service and its pods, the bridge, hairpin, kube-proxy, the node. */
export const checks: readonly Check[] = [
	noReadyEndpoints,
	targetPortMismatch,
	backendLoopbackBind,
	brNetfilterModuleMissing,
	brNetfilterNotLoaded,
	brNfCallIptablesOff,
	brNfCallIp6tablesOff,
	brNfResetAtBootOrRuntime,
	hairpinPortOff,
	kubeletHairpinModeCheck,
	hairpinNoMasquerade,
	proxyModeNotAsConfigured,
	masqueradeAllMasking,
	forwardPolicyDrop,
	ipForwardOff,
];
