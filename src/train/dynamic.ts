/** DAPO's dynamic sampling (arXiv 2503.14476, section 3.2): groups that are all right or all wrong teach nothing. */

export interface DynamicSampling {
  enabled: boolean;
  /** A group is kept when its mean accuracy lies strictly between the two. */
  low: number;
  high: number;
  /** Rounds of sampling after which the step goes on with what there is. */
  maxTries: number;
}

export interface Collected<G> {
  /** The groups to train on, at most as many as wanted. */
  kept: G[];
  /** Rounds of sampling. */
  tries: number;
  /** Groups that were sampled and not used: too easy or too hard, or more than were wanted. */
  discarded: number;
  surplus: number;
  /** Rounds of which nothing was worth keeping, kept whole. */
  wholeRounds: number;
}

/**
 * Rounds until `wanted` groups are kept. Source: the public code's `_make_batch_data`; as there, a round of which nothing
 * would be kept is kept whole. Here running out of tries is no error: the step is trained on the groups there are.
 */
export async function collectGroups<G>(
  round: (attempt: number) => Promise<G[]>,
  accuracyOf_G: (group: G) => readonly number[],
  wanted: number,
  { enabled, low, high, maxTries }: DynamicSampling,
): Promise<Collected<G>> {
  const out: Collected<G> = { kept: [], tries: 0, discarded: 0, surplus: 0, wholeRounds: 0 };
  do {
    const groups = await round(out.tries++);
    const accuracy_PG = groups.map(accuracyOf_G);
    const keep = enabled ? keepGroups(accuracy_PG, low, high) : groups.map((_, p) => p);
    const inside = keep.some((p) => {
      const a = accuracy_PG[p];
      const mean = a.reduce((x, y) => x + y, 0) / a.length;
      return mean > low && mean < high;
    });
    if (enabled && !inside) out.wholeRounds++;
    out.discarded += groups.length - keep.length;
    out.kept.push(...keep.map((p) => groups[p]));
  } while (enabled && out.kept.length < wanted && out.tries < maxTries);
  out.surplus = Math.max(0, out.kept.length - wanted);
  out.kept.length = Math.min(out.kept.length, wanted);
  return out;
}

/**
 * Which groups have a mean accuracy strictly between `low` and `high` (public code: 0.01 and 0.99). A round that would
 * keep nothing is kept whole, as in the public code.
 * @param accuracy_PG accuracies by group
 * @returns the indices of the groups to keep, rising
 */
export function keepGroups(accuracy_PG: readonly (readonly number[])[], low: number, high: number): number[] {
  const all = accuracy_PG.map((_, p) => p);
  const kept = all.filter((p) => {
    const a = accuracy_PG[p] ?? [];
    const m = a.reduce((x, y) => x + y, 0) / a.length;
    return m > low && m < high;
  });
  return kept.length > 0 ? kept : all;
}
