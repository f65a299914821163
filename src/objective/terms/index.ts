/** Terms beyond the paper's equation; a new one is a file beside this and a line here. */
import { z } from 'zod';
import type { KeyOf } from '../../metric.ts';
import type { Term } from '../loss.ts';
import { sft } from './sft.ts';
import { viewKl } from './view-kl.ts';

export const further = [sft, viewKl] as const;

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;
type Settings = Intersection<(typeof further)[number]['settings']>;

/** Their keys of the objective block. */
export const furtherSettings: Settings = Object.assign({}, ...further.map(({ settings }) => settings));

const settingsOf = z.object(furtherSettings);

type NamesOf<T> = T extends { metrics: infer M } ? keyof M & string : never;

/** What they log. */
export type FurtherMetric = KeyOf<NamesOf<(typeof further)[number]>>;

export const furtherTerms = (config: z.output<typeof settingsOf>): Term<FurtherMetric>[] =>
  further.flatMap<Term<FurtherMetric>>((kind) => kind.terms(config));
