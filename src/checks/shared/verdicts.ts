import type {Confidence, EvidenceRef, Verdict} from '../../check.ts';
import type {Known} from '../../evidence/evidence.ts';

export const ok = (because: string): Verdict => ({status: 'ok', because});

export const unknown = (because: string): Verdict => ({status: 'unknown', because});

export const latent = (because: string, evidence: readonly EvidenceRef[] = []): Verdict => ({status: 'latent', because, evidence});

export const broken = (because: string, evidence: readonly EvidenceRef[], confidence: Confidence): Verdict => ({
	status: 'broken', because, evidence, confidence,
});

/** Where a reading comes from, to stand behind a verdict; empty where it could not be read. */
export const refsTo = (...readings: ReadonlyArray<Known<unknown> | undefined>): readonly EvidenceRef[] => readings
	.filter(known => known !== undefined && 'origin' in known)
	.map(({origin}) => ({kind: 'value', origin}));
