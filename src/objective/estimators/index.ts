/** The estimators that a configuration can name; a new one is a file beside this and a line here. */
import { z } from 'zod';
import { abs } from './abs.ts';
import type { Estimator } from './estimator.ts';
import { full } from './full.ts';
import { kl } from './kl.ts';
import { lowVarKl } from './low-var-kl.ts';
import { mse } from './mse.ts';
import { paper } from './paper.ts';

export const estimators: readonly Estimator[] = [lowVarKl, kl, abs, mse, full, paper];

const byName = new Map(estimators.flatMap((e) => e.names.map((name) => [name, e] as const)));

/** A setting that names an estimator; its description lists them. */
export const estimatorSchema = (of: string) =>
  z
    .enum([...byName.keys()])
    .default(lowVarKl.names[0])
    .describe(
      `estimator of ${of}: ${estimators.map((e) => `${e.names.join(' or ')} (${e.description})`).join(', ')}`,
    );

/** By one of its names. The schema has let no other name through. */
export function estimatorOf(name: string): Estimator {
  const found = byName.get(name);
  if (!found) throw new TypeError(`${name}: no such estimator; there are ${[...byName.keys()].join(', ')}`);
  return found;
}
