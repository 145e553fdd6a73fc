import process from 'node:process';

/** Whether also what takes longer than CI may take is tested: HAIRPIN_EVERY=1. */
export const isThorough = process.env.HAIRPIN_EVERY === '1';
