/** What metrics.jsonl says of a step, and which of its responses samples.jsonl shows. */
import type { JsonLine } from '../metrics/jsonl.ts';
import { visualDependency } from '../objective/dependency.ts';
import { logprobsOf, type ScoredRollout } from '../objective/rollouts.ts';
import { type LogpName, logpOf } from '../objective/types.ts';
import type { Tally } from '../rollout/rollout.ts';
import type { MetricsLine } from '../run/log.ts';
import type { StepResult } from './step.ts';

/** What of a step differs from run to run; left out of comparisons. */
export const UNSTEADY = ['seconds', 'tokens_per_second', 'memory_mb'] as const;

/** Mean over all response tokens of a value per token. */
function tokenMean(result: StepResult, valuesOf: (rollout: ScoredRollout) => Float32Array): number {
  let total = 0;
  let tokens = 0;
  for (const { rollouts_G } of result.scored_P)
    for (const rollout of rollouts_G) {
      for (const value of valuesOf(rollout)) total += value;
      tokens += rollout.length;
    }
  return total / tokens;
}

const MASKED = logpOf('masked');

const hasMasked = (result: StepResult) => result.scored_P[0]?.rollouts_G[0]?.logprobs[MASKED] !== undefined;

/** KL_prcp of the step: the objective's own, else k3 of the sampler's log-probabilities where the view was scored. */
export function klPrcpOf(result: StepResult): number | null {
  const own = result.terms.kl_prcp;
  if (own !== undefined) return own;
  return hasMasked(result) ? tokenMean(result, (r) => visualDependency(r)) : null;
}

export function stepMetrics(
  step: number,
  result: StepResult,
  more: { seconds: Record<string, number>; skippedRows: number },
): MetricsLine {
  const { collected, drawn, terms, masked } = result;
  const per = (sum: number) => sum / drawn.responses;
  const negative = (name: LogpName) => (r: ScoredRollout) => logprobsOf(r, name, 'a rollout').map((x) => -x);
  const klPrcp = klPrcpOf(result);
  const trained = collected.kept.flatMap((g) =>
    g.rollouts_G.map((r) => g.prompt.ids_L.length + r.tokens_T.length),
  );
  const { sample, train, total } = more.seconds;
  const rate = (tokens: number, seconds: number | undefined) => (seconds ? Math.round(tokens / seconds) : 0);
  return {
    kind: 'step',
    step,
    reward: per(drawn.reward),
    accuracy: per(drawn.accuracy),
    format: per(drawn.format),
    ...(drawn.unscored > 0 ? { unscored: per(drawn.unscored) } : {}),
    ...furtherMetrics(drawn),
    ...(klPrcp === null ? {} : { kl_prcp: klPrcp }),
    entropy: tokenMean(result, negative(logpOf('old'))),
    ...(hasMasked(result) ? { entropy_masked: tokenMean(result, negative(MASKED)) } : {}),
    ...Object.fromEntries(Object.entries(terms).filter(([name]) => name !== 'kl_prcp' && name !== 'entropy')),
    grad_norm: result.gradNorm,
    learning_rate: result.learningRate,
    gamma: result.now.gamma,
    beta: result.now.beta,
    response_length: per(drawn.tokens),
    response_length_max: drawn.longest,
    truncated: per(drawn.truncated),
    groups: collected.kept.length,
    groups_sampled: drawn.groups,
    groups_discarded: collected.discarded,
    groups_surplus: collected.surplus,
    groups_all_right: drawn.allRight,
    groups_all_wrong: drawn.allWrong,
    sampling_rounds: collected.tries,
    sampling_rounds_kept_whole: collected.wholeRounds,
    ...(masked.prompts > 0 ? { masked_unchanged: masked.unchanged } : {}),
    ...(result.textOnly > 0 ? { text_only: result.textOnly } : {}),
    skipped_rows: more.skippedRows,
    skipped_steps: result.skippedSteps,
    ...(result.withoutSignal ? { without_signal: 1 } : {}),
    seconds: more.seconds,
    tokens_per_second: {
      sample: rate(drawn.tokens, sample),
      train: rate(
        trained.reduce((a, b) => a + b, 0),
        train,
      ),
      step: rate(drawn.tokens, total),
    },
    memory_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

/** The mean of each further reward over what could be scored, and the share that could not. */
function furtherMetrics(drawn: Tally): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [key, { sum, responses, unscored }] of drawn.more) {
    if (responses > 0) out[`reward/${key}`] = sum / responses;
    if (unscored > 0) out[`reward/${key}/unscored`] = unscored / (responses + unscored);
  }
  return out;
}

/** One response of each of the first `count` questions. */
export function stepSamples(step: number, result: StepResult, count: number): JsonLine[] {
  return result.collected.kept.slice(0, count).map((group, i) => {
    const g = (step + i) % group.rollouts_G.length;
    const { overall, accuracy, format, unscored, more = {} } = group.rewards_G[g];
    return {
      step,
      id: group.row.id,
      problem: group.row.problem,
      answer: group.row.answer,
      response: group.text_G[g],
      reward: overall,
      accuracy,
      ...(unscored ? { unscored } : {}),
      format,
      ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`reward/${key}`, value])),
      tokens: group.rollouts_G[g]!.tokens_T.length,
      stop: group.rollouts_G[g]!.stopReason,
      view: group.views_G[g],
    };
  });
}
