import type {Check} from '../check.ts';
import {backendLoopbackBind} from './backend-loopback-bind.ts';
import {brNetfilterModuleMissing} from './br-netfilter-module-missing.ts';
import {brNetfilterNotLoaded} from './br-netfilter-not-loaded.ts';
import {brNfCallIp6tablesOff} from './br-nf-call-ip6tables-off.ts';
import {brNfCallIptablesOff} from './br-nf-call-iptables-off.ts';
import {brNfResetAtBootOrRuntime} from './br-nf-reset-at-boot-or-runtime.ts';
import {clusterCidrWrong} from './cluster-cidr-wrong.ts';
import {cniBridgeIpMismatch} from './cni-bridge-ip-mismatch.ts';
import {conntrackTableFull} from './conntrack-table-full.ts';
import {duplicatePodCidr} from './duplicate-pod-cidr.ts';
import {duplicatePodIp} from './duplicate-pod-ip.ts';
import {firewallFlushOrBlock} from './firewall-flush-or-block.ts';
import {forwardPolicyDrop} from './forward-policy-drop.ts';
import {hairpinNoMasquerade} from './hairpin-no-masquerade.ts';
import {hairpinPortOff} from './hairpin-port-off.ts';
import {ipForwardOff} from './ip-forward-off.ts';
import {iptablesBackendMix} from './iptables-backend-mix.ts';
import {ipvsVipHostConflict} from './ipvs-vip-host-conflict.ts';
import {ipvsVsConntrackOff} from './ipvs-vs-conntrack-off.ts';
import {kubeProxyDownOrStale} from './kube-proxy-down-or-stale.ts';
import {kubeProxyNotApplicable} from './kube-proxy-not-applicable.ts';
import {kubeletHairpinModeCheck} from './kubelet-hairpin-mode.ts';
import {masqueradeAllMasking} from './masquerade-all-masking.ts';
import {networkPolicyDrop} from './network-policy-drop.ts';
import {noReadyEndpoints} from './no-ready-endpoints.ts';
import {nodeIdentityMismatch} from './node-identity-mismatch.ts';
import {overlayUnderlayBlocked} from './overlay-underlay-blocked.ts';
import {podRouteMissing} from './pod-route-missing.ts';
import {proxyModeNotAsConfigured} from './proxy-mode-not-as-configured.ts';
import {rpFilterStrict} from './rp-filter-strict.ts';
import {sessionAffinityPin} from './session-affinity-pin.ts';
import {targetPortMismatch} from './target-port-mismatch.ts';
import {trafficPolicyLocalNoEndpoint} from './traffic-policy-local-no-endpoint.ts';

/** Every check, in the order on screen: the Service and its pods, the bridge, hairpin, kube-proxy, the node. */
export const checks: readonly Check[] = [
	noReadyEndpoints,
	targetPortMismatch,
	backendLoopbackBind,
	trafficPolicyLocalNoEndpoint,
	sessionAffinityPin,
	networkPolicyDrop,
	brNetfilterModuleMissing,
	brNetfilterNotLoaded,
	brNfCallIptablesOff,
	brNfCallIp6tablesOff,
	brNfResetAtBootOrRuntime,
	hairpinPortOff,
	kubeletHairpinModeCheck,
	nodeIdentityMismatch,
	hairpinNoMasquerade,
	ipvsVsConntrackOff,
	ipvsVipHostConflict,
	kubeProxyDownOrStale,
	proxyModeNotAsConfigured,
	masqueradeAllMasking,
	clusterCidrWrong,
	iptablesBackendMix,
	forwardPolicyDrop,
	ipForwardOff,
	firewallFlushOrBlock,
	overlayUnderlayBlocked,
	podRouteMissing,
	rpFilterStrict,
	conntrackTableFull,
	duplicatePodCidr,
	duplicatePodIp,
	cniBridgeIpMismatch,
	kubeProxyNotApplicable,
];
