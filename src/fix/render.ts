import type {RenderFormat} from '../options.ts';
import type {PreparedFix} from './fix-session.ts';

export const renderChange = (_fix: PreparedFix, _format: RenderFormat): string => '';
