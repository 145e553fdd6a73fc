import {bridgeCases} from './bridge-cases.ts';
import type {Expectation, FaultCase, ProxyMode} from './fault-case.ts';
import {nodeCases} from './node-cases.ts';
import {proxyCases} from './proxy-cases.ts';
import {serviceCases} from './service-cases.ts';

/** The kernel needs a moment where kube-proxy has to follow the API: the probe that must see the fault waits for it. */
export const faultCases: readonly FaultCase[] = [...bridgeCases, ...proxyCases, ...serviceCases, ...nodeCases];

/** What is expected of a case in a mode, or undefined where it is not made in it. */
export const expectedIn = (given: FaultCase, mode: ProxyMode): Expectation | undefined => (mode === 'ipvs' ? given : given.inIptables && {...given, ...given.inIptables});

export const proxyModes = ['ipvs', 'iptables'] as const satisfies readonly ProxyMode[];
