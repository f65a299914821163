/** The official actor loss, case by case, through our gradients and ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { golden, run, weightsOf } from '../../test/golden/objective/kit.ts';
import { type KlPenalty, type ObjectiveInput, parseObjective } from './config.ts';
import { makeObjective } from './papo.ts';

const LOSS = 2e-6;
const GRADIENT = 1e-6;

interface ActorConfig {
  use_kl_loss: boolean;
  kl_coef: number;
  kl_penalty: KlPenalty;
  clip_ratio_low: number;
  clip_ratio_high: number;
  clip_ratio_dual: number;
  loss_avg_mode: 'token' | 'seq';
  use_kl_prcp: boolean;
  kl_prcp_penalty: KlPenalty;
  kl_prcp_coef: number;
  use_aug_entropy_loss?: boolean;
  aug_entropy_loss_coef: number;
  use_ori_entropy_loss?: boolean;
  ori_entropy_loss_coef: number;
  use_kl_prcp_token_level_mask?: boolean;
  kl_prcp_token_level_mask_top_p: number;
  use_kl_prcp_clipping?: boolean;
  kl_prcp_clipping: number;
  use_sft_loss?: boolean;
  sft_loss_coef: number;
}

interface ActorCase {
  id: string;
  bs: number;
  T: number;
  micro_batch: number;
  config: ActorConfig;
  recompute_aug_log_probs: boolean;
  kl_prcp_coef_in_batch: number | null;
  response_mask: number[];
  old_log_probs: number[];
  log_probs: number[];
  ref_log_probs: number[];
  aug_log_probs: number[];
  advantages: number[];
  kl_prcp_weighting: number[];
  correctness_mult_mask: number[];
  f32: {
    metrics: Record<string, number | number[]>;
    loss_per_micro_batch: number[];
    loss_sum_backpropagated: number;
    d_log_probs: number[];
    d_aug_log_probs: number[] | null;
  };
}

/** The official configuration in our keys. */
function translate(c: ActorConfig, recompute: boolean, weighted: boolean) {
  const input: ObjectiveInput = {
    gamma: c.use_kl_prcp ? c.kl_prcp_coef : 0,
    penalty: c.kl_prcp_penalty,
    maskedGradient: recompute ? 'on' : 'off',
    topShare: c.use_kl_prcp_token_level_mask ? c.kl_prcp_token_level_mask_top_p : null,
    cap: c.use_kl_prcp_clipping ? c.kl_prcp_clipping : null,
    perceptionRows: weighted ? 'correct' : 'all',
    beta: c.use_kl_loss ? c.kl_coef : 0,
    refPenalty: c.kl_penalty,
    eta1: c.use_ori_entropy_loss ? c.ori_entropy_loss_coef : 0,
    eta2: c.use_aug_entropy_loss ? c.aug_entropy_loss_coef : 0,
    sft: c.use_sft_loss ? c.sft_loss_coef : 0,
    clipLow: c.clip_ratio_low,
    clipHigh: c.clip_ratio_high,
    clipDual: c.clip_ratio_dual,
    average: c.loss_avg_mode === 'seq' ? 'sequence' : 'token',
  };
  return parseObjective(input);
}

/** The feeds of the rows [from, to), each average taken over these rows alone as the official micro-batches do. */
function feedsOf(c: ActorCase, from: number, to: number, share: number): Record<string, number[]> {
  const D = to - from;
  const cut = (a: number[]) => a.slice(from * c.T, to * c.T);
  const mask = cut(c.response_mask);
  const perToken = (rows: number[]) => mask.map((_, i) => rows[from + Math.floor(i / c.T)]);
  const correct = perToken(c.correctness_mult_mask).map((v, i) => v * mask[i]);
  const scaled = (a: number[]) => a.map((w) => w * share);
  return {
    logp: cut(c.log_probs),
    logp_masked: cut(c.aug_log_probs),
    maskedLogp: cut(c.aug_log_probs),
    oldLogp: cut(c.old_log_probs),
    refLogp: cut(c.ref_log_probs),
    advantage: cut(c.advantages),
    perceptionWeight: perToken(c.kl_prcp_weighting),
    weight: scaled(weightsOf(mask, D, c.T, c.config.loss_avg_mode === 'seq' ? 'sequence' : 'token')),
    tokenWeight: scaled(weightsOf(mask, D, c.T, 'token')),
    sftWeight: scaled(weightsOf(correct, D, c.T, 'token')),
  };
}

const { cases } = golden<{ cases: ActorCase[] }>('actor_loss');

/** Official name of each of our terms, where it keeps the value of the last micro-batch only. */
const LAST: Record<string, [name: string, sign: number]> = {
  kl_ref: ['actor/kl_loss', 1],
  kl_prcp: ['actor/kl_prcp_loss', -1],
  entropy_masked: ['actor/aug_entropy_loss', 1],
  sft_loss: ['actor/sft_loss', 1],
};

/** Those that list every micro-batch. */
const EACH: Record<string, string> = {
  loss: 'actor/pg_loss',
  clip_ratio_high: 'actor/pg_clipfrac_higher',
  clip_ratio_low: 'actor/pg_clipfrac_lower',
  ppo_kl: 'actor/ppo_kl',
};

describe('the official actor loss (golden/objective/actor_loss.json)', () => {
  it.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => {
    const weighted = c.kl_prcp_weighting.some((w) => w !== 1);
    const config = translate(c.config, c.recompute_aug_log_probs, weighted);
    const objective = makeObjective(config, { gamma: c.kl_prcp_coef_in_batch ?? 0 });
    const count = c.bs / c.micro_batch;
    const dLogp: number[] = [];
    const dMasked: number[] = [];
    let total = 0;
    for (let m = 0; m < count; m++) {
      const [from, to] = [m * c.micro_batch, (m + 1) * c.micro_batch];
      // Once with the weights of the whole mini-batch, for the sum and the gradient, once as a batch of its own.
      const part = await run(objective, c.micro_batch, c.T, feedsOf(c, from, to, 1 / count));
      const own = await run(objective, c.micro_batch, c.T, feedsOf(c, from, to, 1));
      total += part.values.loss;
      dLogp.push(...part.dLogp);
      if (part.dViews.masked) dMasked.push(...part.dViews.masked);
      for (const [ours, theirs] of Object.entries(EACH)) {
        const want = (c.f32.metrics[theirs] as number[])[m];
        expect(Math.abs(own.values[ours] - want), `${ours} of micro-batch ${m}`).toBeLessThan(LOSS);
      }
      if (m === count - 1) {
        // Annealed to 0, γ leaves its term out and nothing is measured; the official code still reports it.
        const measured =
          c.kl_prcp_coef_in_batch === 0
            ? await run(makeObjective(config), c.micro_batch, c.T, feedsOf(c, from, to, 1))
            : own;
        for (const [ours, [theirs, sign]] of Object.entries(LAST)) {
          const want = c.f32.metrics[theirs] as number | undefined;
          if (want !== undefined)
            expect(Math.abs(measured.values[ours] - sign * want), ours).toBeLessThan(LOSS);
        }
      }
      // The official "entropy_loss" takes the loss's average; ours is a token mean, so it is asked for by its weights.
      const feeds = feedsOf(c, from, to, 1);
      const entropy = await run(objective, c.micro_batch, c.T, { ...feeds, tokenWeight: feeds.weight });
      const want = (c.f32.metrics['actor/entropy_loss'] as number[])[m];
      expect(Math.abs(entropy.values.entropy - want), 'entropy_loss').toBeLessThan(LOSS);
      const own1 = c.f32.metrics['actor/ori_entropy_loss'] as number | undefined;
      if (own1 !== undefined && m === count - 1)
        expect(Math.abs(own.values.entropy - own1), 'ori_entropy_loss').toBeLessThan(LOSS);
      expect(Math.abs(own.values.loss - c.f32.loss_per_micro_batch[m])).toBeLessThan(LOSS);
    }
    expect(Math.abs(total - c.f32.loss_sum_backpropagated)).toBeLessThan(LOSS);
    expect(furthest(dLogp, c.f32.d_log_probs)).toBeLessThan(GRADIENT);
    const want = c.f32.d_aug_log_probs;
    if (objective.gradientViews.length > 0) expect(furthest(dMasked, want ?? [])).toBeLessThan(GRADIENT);
    else expect(want?.every((v) => v === 0) ?? true).toBe(true);
    const discount = c.f32.metrics['actor/kl_prcp_coef_annealing_discount'] as number | undefined;
    if (discount !== undefined && config.eta1 > 0)
      expect((objective.scalars.eta1 ?? 0) / config.eta1).toBeCloseTo(discount, 12);
  });

  it('covers every option of the public loss', () => {
    const seen = new Set<string>();
    for (const { config } of cases)
      for (const [key, value] of Object.entries(config)) if (value === true) seen.add(key);
    expect([...seen].sort()).toEqual([
      'use_aug_entropy_loss',
      'use_kl_loss',
      'use_kl_prcp',
      'use_kl_prcp_clipping',
      'use_kl_prcp_token_level_mask',
      'use_ori_entropy_loss',
      'use_sft_loss',
    ]);
  });
});
