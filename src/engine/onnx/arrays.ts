/** Groups of prompts and responses as the arrays of a program, and back. */
import { createHash } from 'node:crypto';
import { GraphError } from '../../errors.ts';
import { type Batch, type BatchGroup, pixelFeed } from '../../model/batch.ts';
import type { Policy } from '../../model/family.ts';
import type { ArrayName, Objective } from '../../objective/types.ts';
import type { Feeds } from '../../tensor/session.ts';
import { objectiveProgram } from '../program.ts';
import type { Group, Rollout, TrainGroup } from '../types.ts';

export function groupOf(g: Group, view: string): BatchGroup {
  const images = g.prompt.views[view];
  if (!images)
    throw new GraphError(
      `prompt ${g.prompt.id}: it has no view called ${view}; views: ${Object.keys(g.prompt.views)}`,
    );
  return { ids_L: g.prompt.ids_L, images, responses_G: g.responses_G };
}

export function addPixels(
  feeds: Feeds,
  batch: Batch,
  groups: readonly BatchGroup[],
  c: Policy,
  view: string,
): void {
  if (batch.layout.vision)
    feeds[`${view}.pixels`] = pixelFeed(
      batch,
      groups.flatMap((g) => g.images),
      c,
    );
}

/** [P·G, block] to [P][G] of [T]. */
export function cutLogprobs(logp: Float32Array, groups: readonly Group[], batch: Batch): Float32Array[][] {
  const { samples, block } = batch.layout;
  return groups.map((g, p) =>
    g.responses_G.map((r, k) => {
      const at = (p * samples + k) * block;
      return logp.slice(at, at + r.length);
    }),
  );
}

/** What an objective computes for a batch, in short: of its own program, so that nothing can be left out of it. */
export function fingerprint(objective: Objective, { layout }: Batch): string {
  const { bytes } = objectiveProgram(objective, layout.prompts * layout.samples, layout.block);
  return createHash('sha256').update(bytes).digest('base64url');
}

/** Per-token arrays as [P·G, block], 0 past the end of a response. */
export function tokenFeeds(groups: readonly TrainGroup[], objective: Objective, batch: Batch): Feeds {
  const { prompts, samples, block } = batch.layout;
  const feeds: Feeds = {};
  for (const name of new Set<ArrayName>(['weight', ...objective.arrays])) {
    const all = new Float32Array(prompts * samples * block);
    groups.forEach((g, p) => {
      g.arrays_G.forEach((arrays, k) => {
        const values = arrays[name];
        const expected = g.responses_G[k].length;
        if (values?.length !== expected)
          throw new GraphError(
            `accumulate: ${g.prompt.id} has ${values?.length ?? 'no'} values of ${name} for ${expected} tokens`,
          );
        all.set(values, (p * samples + k) * block);
      });
    });
    feeds[name] = all;
  }
  return feeds;
}

/** [turns, P·G] arrays to rollouts, each cut after its first end token. */
export function cutRollouts(
  tokens: Int32Array,
  logprobs: Float32Array,
  P: number,
  G: number,
  eos: readonly number[],
): Rollout[][] {
  const B = P * G;
  const turns = tokens.length / B;
  const one = (b: number): Rollout => {
    let n = 0;
    let stopped = false;
    while (n < turns && !stopped) stopped = eos.includes(tokens[n++ * B + b]);
    const tokens_T = Int32Array.from({ length: n }, (_, j) => tokens[j * B + b]);
    const logprobs_T = Float32Array.from({ length: n }, (_, j) => logprobs[j * B + b]);
    return { tokens_T, logprobs_T, stopReason: stopped ? 'stop' : 'length' };
  };
  return Array.from({ length: P }, (_, p) => Array.from({ length: G }, (_, g) => one(p * G + g)));
}
