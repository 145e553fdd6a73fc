import {writeFileSync} from 'node:fs';
import {checks} from '../src/checks/index.ts';
import {describeChecks} from './describe-checks.ts';

// Writes the page of the checks anew: npm run docs.
writeFileSync(new URL('../docs/checks.md', import.meta.url), describeChecks(checks));
