import type { z } from 'zod';
import type { KeyOf, Metrics } from '../../metric.ts';
import type { Term } from '../loss.ts';

/**
 * Terms beyond the paper's equation: keys of the objective block, the names under which they are logged, and the terms
 * that they ask for.
 */
export interface FurtherTerm<S extends z.ZodRawShape = z.ZodRawShape, N extends string = string> {
  settings: S;
  metrics: Metrics<N>;
  /** @param settings the keys above as they are set */
  terms(settings: z.output<z.ZodObject<S>>): Term<KeyOf<N>>[];
}

export const furtherTerm = <S extends z.ZodRawShape, N extends string>(
  term: FurtherTerm<S, N>,
): FurtherTerm<S, N> => term;
