/** The shapings that a configuration can name; a new one is a file beside this and a line here. */
import { kindSchema, memberOf } from '../../open-set.ts';
import type { Shaping } from './shaping.ts';
import { vppo } from './vppo.ts';

export const shapings = [vppo] as const;

export const shapingSchema = kindSchema(shapings);

export const shapingOf = (settings: { kind: string }): Shaping => memberOf<Shaping>(shapings, settings);
