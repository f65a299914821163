/** A rollout batch is trained on in mini-batches (one optimiser step each), those in micro-batches (one engine call each). */
import { random } from '../random.ts';

/**
 * The groups in `count` parts whose sizes differ by at most one, in an order that is drawn for the step. A prompt's
 * rollouts stay together.
 */
export function miniBatches<G>(groups: readonly G[], count: number, key: readonly (string | number)[]): G[][] {
  const shuffled = random(...key).shuffle(groups);
  const parts = Math.min(count, shuffled.length);
  return Array.from({ length: parts }, (_, i) =>
    shuffled.slice(
      Math.floor((i * shuffled.length) / parts),
      Math.floor(((i + 1) * shuffled.length) / parts),
    ),
  );
}

/**
 * The groups in runs of at most `limit` tokens, counted as they are padded: every row of a run is as long as its longest.
 * A group that is over the limit alone is a run of its own. Without a limit there is one run.
 */
export function microBatches<G>(
  groups: readonly G[],
  limit: number | null,
  sizeOf: (group: G) => { rows: number; tokens: number },
): G[][] {
  if (limit === null) return [[...groups]];
  const sized = groups.map((group) => ({ group, ...sizeOf(group) }));
  // By length, so that little is padded; the gradient is a sum and does not mind the order.
  sized.sort((a, b) => a.tokens - b.tokens);
  const out: G[][] = [];
  let rows = 0;
  for (const { group, rows: more, tokens } of sized) {
    rows += more;
    if (out.length === 0 || rows * tokens > limit) {
      out.push([]);
      rows = more;
    }
    out.at(-1)!.push(group);
  }
  return out;
}
