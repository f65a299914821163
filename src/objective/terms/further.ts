import type { z } from 'zod';
import type { Term } from '../term.ts';

/** Terms beyond the paper's equation: keys of the objective block, and the terms that they ask for. */
export interface FurtherTerm<S extends z.ZodRawShape = z.ZodRawShape> {
  settings: S;
  /** @param settings the keys above as they are set */
  terms(settings: z.output<z.ZodObject<S>>): Term[];
}

export const furtherTerm = <S extends z.ZodRawShape>(term: FurtherTerm<S>): FurtherTerm<S> => term;
