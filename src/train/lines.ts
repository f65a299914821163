/** What metrics.jsonl says of a step and of an evaluation, and which responses samples.jsonl shows. */
import { type Answers, paired, type QuestionAnswers } from '../metrics/answers.ts';
import {
  type ObjectiveValues,
  rewardKey,
  type StepLine,
  type TestLine,
  unscoredKey,
  type ValidationLine,
} from '../metrics/lines.ts';
import { accuracyKey, changes, estimates, groupsOf, KL_PRCP, type Way } from '../metrics/measures.ts';
import type { SampleLine } from '../metrics/samples.ts';
import { visualDependency } from '../objective/dependency.ts';
import { logprobsOf, type ScoredRollout } from '../objective/rollouts.ts';
import { type LogpName, logpOf } from '../objective/types.ts';
import type { Tally } from '../rollout/rollout.ts';
import { evaluationOf } from '../rollout/validate.ts';
import type { Interval } from '../statistics.ts';
import type { StepResult } from './step.ts';

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

/**
 * KL_prcp of the step and the entropies of the policy that drew the responses, whatever the objective has of them. The
 * update's own `entropy_masked` counts where there is one.
 */
function measured(result: StepResult): ObjectiveValues & { entropy: number } {
  const klPrcp = klPrcpOf(result);
  const surprise = (name: LogpName) =>
    tokenMean(result, (r) => logprobsOf(r, name, 'a rollout').map((x) => -x));
  return {
    ...(klPrcp === null ? {} : { kl_prcp: klPrcp }),
    entropy: surprise(logpOf('old')),
    ...(hasMasked(result) ? { entropy_masked: surprise(MASKED) } : {}),
  };
}

export function stepLine(
  step: number,
  result: StepResult,
  more: { seconds: StepLine['seconds']; skippedRows: number; trainedOn: readonly string[] },
): StepLine {
  const { collected, drawn, masked, textOnly, withoutSignal } = result;
  const { kl_prcp: _, entropy: __, ...terms } = result.terms;
  const { sample, train, total } = more.seconds;
  const per = (sum: number) => sum / drawn.responses;
  return {
    kind: 'step',
    step,
    reward: per(drawn.reward),
    accuracy: per(drawn.accuracy),
    format: per(drawn.format),
    ...(drawn.unscored > 0 ? { unscored: per(drawn.unscored) } : {}),
    ...furtherRewards(drawn),
    ...measured(result),
    ...terms,
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
    ...(textOnly > 0 ? { text_only: textOnly } : {}),
    skipped_rows: more.skippedRows,
    skipped_steps: result.skippedSteps,
    ...(withoutSignal ? { without_signal: 1 } : {}),
    seconds: more.seconds,
    tokens_per_second: {
      sample: rate(drawn.tokens, sample),
      train: rate(trainedTokens(result), train),
      step: rate(drawn.tokens, total),
    },
    memory_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
    ...(more.trainedOn.length > 0 ? { test_rows_trained_on: more.trainedOn } : {}),
  };
}

const rate = (tokens: number, seconds: number | undefined) => (seconds ? Math.round(tokens / seconds) : 0);

/** Tokens of prompts and responses, a prompt once for each of its responses. */
function trainedTokens({ collected }: StepResult): number {
  let tokens = 0;
  for (const { prompt, rollouts_G } of collected.kept)
    for (const { tokens_T } of rollouts_G) tokens += prompt.ids_L.length + tokens_T.length;
  return tokens;
}

/** The mean of each further reward over what could be scored, and the share that could not. */
function furtherRewards(drawn: Tally): Pick<StepLine, `reward/${string}`> {
  const out: Pick<StepLine, `reward/${string}`> = {};
  for (const [name, { sum, responses, unscored }] of drawn.more) {
    if (responses > 0) out[rewardKey(name)] = sum / responses;
    if (unscored > 0) out[unscoredKey(name)] = unscored / (responses + unscored);
  }
  return out;
}

/** One response of each of the first `count` questions. */
export function sampleLines(step: number, result: StepResult, count: number): SampleLine[] {
  return result.collected.kept.slice(0, count).map((group, i) => {
    const g = (step + i) % group.rollouts_G.length;
    const { overall, accuracy, format, unscored, more = {} } = group.rewards_G[g];
    const { tokens_T, stopReason } = group.rollouts_G[g];
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
      ...Object.fromEntries(Object.entries(more).map(([name, value]) => [rewardKey(name), value])),
      tokens: tokens_T.length,
      stop: stopReason,
      view: group.views_G[g],
    };
  });
}

export function validationLine(step: number, answers: Answers): ValidationLine {
  const { all, kinds, rows, samples, skipped } = evaluationOf(answers);
  const byKind = Object.entries(kinds).map(([kind, { sampled }]) => [kind, sampled]);
  return {
    kind: 'validation',
    step,
    accuracy: all.sampled,
    kinds: Object.fromEntries(byKind),
    rows,
    samples,
    skipped_rows: skipped,
  };
}

/** What the test questions were answered with; after the last step with what it was before the first. */
export function testLine(step: number, answers: Answers, before: Answers | null): TestLine {
  const found = estimates(answers);
  const { views, kinds, levels } = groupsOf(answers);
  const { viewSamples, questions } = answers;
  const value = (name: string) => found.get(name)?.value;
  const further = views.filter((view) => view !== 'original');
  const sharesOf = (way: Way) =>
    further.map((view) => [accuracyKey(way, view), value(accuracyKey(way, view))]);
  const klPrcp = value(KL_PRCP);
  const viewRows = questions.filter((q) => further.some((view) => view in q.sampled)).length;
  const counts = (groups: readonly string[], of: (q: QuestionAnswers) => string | undefined) =>
    Object.fromEntries(groups.map((group) => [group, questions.filter((q) => of(q) === group).length]));
  return {
    ...validationLine(step, answers),
    kind: 'test',
    greedy: value(accuracyKey('greedy')) ?? Number.NaN,
    ...Object.fromEntries([...sharesOf('sampled'), ...sharesOf('greedy')]),
    ...(klPrcp === undefined ? {} : { kl_prcp: klPrcp }),
    ...(viewRows > 0 ? { view_rows: viewRows } : {}),
    ...(viewSamples > 0 ? { view_samples: viewSamples } : {}),
    ...partsOf(found),
    ...(kinds.length > 0 ? { kinds_rows: counts(kinds, (q) => q.kind) } : {}),
    ...(levels.length > 0 ? { dependency_rows: counts(levels, (q) => q.dependency) } : {}),
    low: each(found, 'low'),
    high: each(found, 'high'),
    ...(before && changeOf(before, answers)),
  };
}

/** One side of every interval, or its value, by measure. */
const each = (found: ReadonlyMap<string, Interval>, side: 'value' | 'low' | 'high'): Record<string, number> =>
  Object.fromEntries([...found].map(([name, interval]) => [name, interval[side]]));

/** The measures that stand in a part of the line, by part. */
function partsOf(found: ReadonlyMap<string, Interval>): Record<string, Record<string, number>> {
  const parts = new Map<string, [string, number][]>();
  for (const [name, { value }] of found) {
    const at = name.indexOf('.');
    if (at < 0) continue;
    const part = name.slice(0, at);
    parts.set(part, [...(parts.get(part) ?? []), [name.slice(at + 1), value]]);
  }
  return Object.fromEntries([...parts].map(([part, values]) => [part, Object.fromEntries(values)]));
}

function changeOf(before: Answers, after: Answers): Partial<TestLine> {
  const found = changes(before, after);
  if (found.size === 0) return {};
  return {
    change: each(found, 'value'),
    change_low: each(found, 'low'),
    change_high: each(found, 'high'),
    change_rows: paired(before, after).length,
  };
}
