/** The surrogates that a configuration can name; a new one is a file beside this and a line here. */

import type { KeyOf } from '../../metric.ts';
import { kindSchema, memberOf } from '../../open-set.ts';
import { cispo } from './cispo.ts';
import { clip } from './clip.ts';
import { gspo } from './gspo.ts';
import { sapo } from './sapo.ts';
import type { Surrogate } from './surrogate.ts';

export const surrogates = [clip, gspo, cispo, sapo] as const;

export const surrogateSchema = kindSchema(surrogates);

type NamesOf<S> = S extends { metrics: infer M } ? keyof M & string : never;

/** What surrogates log. */
type Logged = NamesOf<(typeof surrogates)[number]>;
export type SurrogateMetric = KeyOf<Logged>;

export const surrogateOf = (settings: { kind: string }): Surrogate<unknown, Logged> =>
  memberOf<Surrogate<unknown, Logged>>(surrogates, settings);
