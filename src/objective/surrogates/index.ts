/** The surrogates that a configuration can name; a new one is a file beside this and a line here. */
import { kindSchema, memberOf } from '../../kinds.ts';
import { cispo } from './cispo.ts';
import { clip } from './clip.ts';
import { gspo } from './gspo.ts';
import { sapo } from './sapo.ts';
import type { Surrogate } from './surrogate.ts';

export const surrogates = [clip, gspo, cispo, sapo] as const;

export const surrogateSchema = kindSchema(surrogates);

export const surrogateOf = (settings: { kind: string }): Surrogate =>
  memberOf<Surrogate>(surrogates, settings);
