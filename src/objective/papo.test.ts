/** The official actor loss, case by case, through our gradients and ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import { furthest } from '../../test/compare.ts';
import { golden, makeObjective, run, weightsOf } from '../../test/golden/objective/kit.ts';
import { normalized } from './advantages/grpo.ts';
import { type ObjectiveInput, parseObjective } from './config.ts';
import { CORRECT } from './rollouts.ts';
import type { Objective } from './types.ts';

const LOSS = 2e-6;
const GRADIENT = 1e-6;

interface ActorConfig {
  use_kl_loss: boolean;
  kl_coef: number;
  kl_penalty: string;
  clip_ratio_low: number;
  clip_ratio_high: number;
  clip_ratio_dual: number;
  loss_avg_mode: 'token' | 'seq';
  use_kl_prcp: boolean;
  kl_prcp_penalty: string;
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
  /** Group of each row and its reward, from which the advantages are. */
  index: string[];
  token_level_rewards_sum: number[];
  f32: ActorValues;
  f64: ActorValues;
  f64_verbatim_loss_sum: number;
}

interface ActorValues {
  metrics: Record<string, number | number[]>;
  loss_per_micro_batch: number[];
  loss_sum_backpropagated: number;
  d_log_probs: number[];
  d_aug_log_probs: number[] | null;
}

const AVERAGES = { token: 'token', seq: 'sequence' } as const;

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
    surrogate: {
      kind: 'clip',
      clipLow: c.clip_ratio_low,
      clipHigh: c.clip_ratio_high,
      clipDual: c.clip_ratio_dual,
    },
    average: AVERAGES[c.loss_avg_mode],
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
    logp_old: cut(c.old_log_probs),
    logp_ref: cut(c.ref_log_probs),
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

const mask_DT = (c: ActorCase, d: number) => c.response_mask.slice(d * c.T, (d + 1) * c.T);

/** The coefficients that the official code logs are those that our graph is fed. */
function coefficients(
  c: ActorCase,
  metrics: ActorValues['metrics'],
  fed: Objective['coefficients'],
  config: ReturnType<typeof parseObjective>,
): void {
  const of = (name: string) => metrics[`actor/${name}`] as number | undefined;
  const gamma = c.kl_prcp_coef_in_batch ?? 0;
  expect(of('kl_coef')).toBe(c.config.use_kl_loss ? fed.kl_ref : undefined);
  expect(of('sft_coef')).toBe(c.config.use_sft_loss ? fed.sft_loss : undefined);
  if (!c.config.use_kl_prcp) return;
  expect(of('kl_prcp_coef')).toBe(gamma);
  expect(-(fed.kl_prcp ?? -0)).toBe(gamma);
  const discount = gamma / c.config.kl_prcp_coef;
  expect(of('kl_prcp_coef_annealing_discount')).toBeCloseTo(discount, 12);
  if (config.eta1 > 0) {
    expect(fed.entropy ?? 0).toBeCloseTo(config.eta1 * discount, 12);
    // Logged as configured, before it is annealed.
    expect(of('ori_entropy_loss_coef')).toBe(config.eta1);
  }
  if (config.eta2 > 0) {
    expect(fed.entropy_masked ?? 0).toBeCloseTo(config.eta2 * discount, 12);
    expect(of('aug_entropy_loss_coef')).toBe(config.eta2);
  }
}

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
      const feeds = feedsOf(c, from, to, 1);
      const own = await run(objective, c.micro_batch, c.T, feeds);
      total += part.values.loss;
      dLogp.push(...part.dLogp);
      if (part.dViews.masked) dMasked.push(...part.dViews.masked);
      // Annealed to 0, γ leaves its term out and nothing is measured; the official code still reports it.
      const measured =
        c.kl_prcp_coef_in_batch === 0 ? await run(makeObjective(config), c.micro_batch, c.T, feeds) : own;
      // The official "entropy_loss" takes the loss's average; ours is a token mean, so it is asked for by its weights.
      const entropy = await run(objective, c.micro_batch, c.T, { ...feeds, tokenWeight: feeds.weight });
      for (const { metrics, loss_per_micro_batch } of [c.f32, c.f64]) {
        const near = (got: number, want: number, name: string) =>
          expect(Math.abs(got - want), `${name} of micro-batch ${m}`).toBeLessThan(LOSS);
        for (const [ours, theirs] of Object.entries(EACH))
          near(own.values[ours], (metrics[theirs] as number[])[m], ours);
        near(entropy.values.entropy, (metrics['actor/entropy_loss'] as number[])[m], 'entropy_loss');
        near(own.values.loss, loss_per_micro_batch[m], 'loss');
        if (m < count - 1) continue;
        for (const [ours, [theirs, sign]] of Object.entries(LAST)) {
          const want = metrics[theirs] as number | undefined;
          if (want !== undefined) near(measured.values[ours], sign * want, ours);
        }
        const own1 = metrics['actor/ori_entropy_loss'] as number | undefined;
        if (own1 !== undefined) near(own.values.entropy, own1, 'ori_entropy_loss');
      }
    }
    expect(Math.abs(total - c.f64_verbatim_loss_sum)).toBeLessThan(LOSS);
    for (const want of [c.f32, c.f64]) {
      expect(Math.abs(total - want.loss_sum_backpropagated)).toBeLessThan(LOSS);
      expect(furthest(dLogp, want.d_log_probs)).toBeLessThan(GRADIENT);
      const dAug = want.d_aug_log_probs;
      if (objective.gradientViews.length > 0) expect(furthest(dMasked, dAug ?? [])).toBeLessThan(GRADIENT);
      else expect(dAug?.every((v) => v === 0) ?? true).toBe(true);
      // Gradient through the masked view is recorded just where the official code recomputes it.
      expect(dAug !== null).toBe(c.recompute_aug_log_probs);
      coefficients(c, want.metrics, objective.coefficients, config);
    }
  });

  it.each(cases.map((c) => [c.id, c] as const))('%s: GRPO of its rewards gives its advantages', (_, c) => {
    const perRow = new Array<number>(c.bs);
    for (const name of new Set(c.index)) {
      const rows = [...c.index.keys()].filter((d) => c.index[d] === name);
      const sums = rows.map((d) => c.token_level_rewards_sum[d]);
      const values = normalized(sums);
      rows.forEach((d, i) => {
        perRow[d] = values[i];
      });
      const flat = sums.every((v) => v === sums[0]);
      for (const d of rows) {
        const want = mask_DT(c, d).map((m) => m * perRow[d]);
        const theirs = c.advantages.slice(d * c.T, (d + 1) * c.T);
        if (!flat) expect(furthest(want, theirs)).toBeLessThan(2e-6);
        // Of a group without variance they keep the rounding of the mean, over 1e-6, where ours is 0.
        else expect(Math.max(...theirs.map(Math.abs)) * 1e-6).toBeLessThan(sums[0] * 2 ** -23 + 1e-12);
        if (flat) expect(perRow[d]).toBe(0);
      }
    }
  });

  it('counts as correct what has a reward, or nothing, and has the dual clip of the public code', () => {
    for (const { config, correctness_mult_mask: mask, token_level_rewards_sum: sums } of cases) {
      expect(config.clip_ratio_dual).toBe(3);
      expect(Object.keys(AVERAGES)).toContain(config.loss_avg_mode);
      const rewarded = sums.map((sum) => (sum > CORRECT ? 1 : 0));
      expect([rewarded, sums.map(() => 0)]).toContainEqual(mask);
    }
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
