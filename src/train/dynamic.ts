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
  /** Groups that were sampled and not used: too easy, too hard, or more than wanted. */
  tooEasy: number;
  tooHard: number;
  surplus: number;
  /** True where tries ran out before there were as many groups as wanted. */
  short: boolean;
}

/**
 * Rounds until `wanted` groups are kept. Source: the public code's `_make_batch_data`; as there, a round of which nothing
 * would be kept is kept whole. Here running out of tries is no error: the step is trained on the groups there are.
 */
export async function collectGroups<G>(
  round: (attempt: number) => Promise<G[]>,
  accuracyOf: (group: G) => number,
  wanted: number,
  options: DynamicSampling,
): Promise<Collected<G>> {
  const out: Collected<G> = { kept: [], tries: 0, tooEasy: 0, tooHard: 0, surplus: 0, short: false };
  if (!options.enabled) return { ...out, kept: await round(0), tries: 1 };
  while (out.kept.length < wanted && out.tries < options.maxTries) {
    const groups = await round(out.tries++);
    const graded = groups.map((group) => ({ group, accuracy: accuracyOf(group) }));
    const good = graded.filter(({ accuracy }) => accuracy > options.low && accuracy < options.high);
    if (good.length > 0) {
      out.tooEasy += graded.filter(({ accuracy }) => accuracy >= options.high).length;
      out.tooHard += graded.filter(({ accuracy }) => accuracy <= options.low).length;
    }
    out.kept.push(...(good.length > 0 ? good : graded).map(({ group }) => group));
  }
  out.short = out.kept.length < wanted;
  out.surplus = Math.max(0, out.kept.length - wanted);
  out.kept.length = Math.min(out.kept.length, wanted);
  return out;
}
