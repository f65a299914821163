/** One step of training: roll out, grade, filter, score, and move the policy once for each mini-batch. */
import type { Group, TrainGroup } from '../engine/types.ts';
import { diffusionMask } from '../mask/kinds/noise.ts';
import type { Mask } from '../mask/types.ts';
import { noiseStepAt, rolloutViews } from '../objective/followups/noisy-rollout.ts';
import { makeObjective } from '../objective/papo.ts';
import { type Now, needsOf } from '../objective/plan.ts';
import type { ScoredGroup } from '../objective/rollouts.ts';
import { gammaAt, nextBeta } from '../objective/schedule.ts';
import { miniBatchRanges, tokenArrays } from '../objective/tokens.ts';
import { random } from '../random.ts';
import { type GradedGroup, type RolloutContext, rollOut, Tally } from '../rollout/rollout.ts';
import type { PromptStream, Views } from '../rollout/stream.ts';
import type { RunConfig } from '../settings/config.ts';
import { type Collected, collectGroups } from './dynamic.ts';
import { selfCheck } from './self-check.ts';

export interface StepContext extends RolloutContext {
  config: RunConfig;
  stream: PromptStream;
  /** The masks that the config names, by view. */
  masks: Record<string, Mask>;
  /** Whether the engine's numbers are held against each other before the update. */
  verify: boolean;
  /** Throws where the run is to stop; called before every engine call up to the first that moves the policy. */
  check: () => void;
}

/** What one step did. */
export interface StepResult {
  collected: Collected<GradedGroup>;
  /** Over all responses that were drawn, those thrown away included. */
  drawn: Tally;
  scored_P: ScoredGroup[];
  /** Terms of the objective, means over the mini-batches; empty where every step was skipped. */
  terms: Record<string, number>;
  gradNorm: number;
  skippedSteps: number;
  /** Every advantage was 0, so there was nothing to learn from; the policy was left as it was unless the settings say otherwise. */
  withoutSignal: boolean;
  learningRate: number;
  now: Coefficients;
  /** β of the next step. */
  beta: number;
  /** Prompts with a masked view, and those of them whose masked view is the original. */
  masked: { prompts: number; unchanged: number };
  /** Prompts without a picture. */
  textOnly: number;
}

type Coefficients = Required<Pick<Now, 'gamma' | 'beta'>>;

/** γ and β of a step, which counts from 1. */
export function coefficientsAt(config: RunConfig, step: number, beta: number): Coefficients {
  return { gamma: gammaAt(config.objective, step - 1, config.train.steps), beta };
}

/** Whether KL_prcp is measured in this step although the objective does not ask for it. */
const measures = ({ logging }: RunConfig, step: number) =>
  logging.klPrcpEvery > 0 && (step === 1 || step % logging.klPrcpEvery === 0);

/** The views that the prompts of a step need, and how each is made. */
export function viewsOf(config: RunConfig, masks: Record<string, Mask>, step: number, now: Now): Views {
  const names = new Set(needsOf(config.objective, now).views);
  if (measures(config, step)) names.add('masked');
  const noise = noiseStepAt(config.objective, step, config.train.steps);
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      name === 'noised' && noise !== null ? diffusionMask(noise) : masks[name]!,
    ]),
  );
}

export const learningRateAt = ({ optimizer: { learningRate, warmupSteps } }: RunConfig, step: number) =>
  learningRate * Math.min(1, step / (warmupSteps + 1));

/** Step `step` (from 1) with β as it stands. @throws whatever `check` throws, while the policy has not moved yet */
export async function trainStep(context: StepContext, step: number, beta: number): Promise<StepResult> {
  const { config, stream, masks, check, clock } = context;
  const { rollout, objective, dynamicSampling, seed } = config;
  const now = coefficientsAt(config, step, beta);
  const needs = needsOf(objective, now);
  const views = viewsOf(config, masks, step, now);
  const round = dynamicSampling.enabled
    ? (dynamicSampling.promptsPerRound ?? rollout.prompts)
    : rollout.prompts;
  const drawn = new Tally();
  const collected = await collectGroups(
    async (attempt) => {
      const prompts = await clock('data', () => stream.take(round, views));
      check();
      const { maxTokens, temperature, topP } = rollout;
      const options = { maxTokens, temperature, topP, seed: `${seed}/rollout/${step}/${attempt}` };
      const groups = await rollOut(context, prompts, options, rolloutViews(objective, rollout.samples));
      for (const group of groups) drawn.add(group);
      return groups;
    },
    (group) => group.rewards_G.map((r) => r.accuracy),
    rollout.prompts,
    dynamicSampling,
  );
  check();
  stream.prefetch(round, viewsOf(config, masks, step + 1, coefficientsAt(config, step + 1, beta)));
  const groups = random(seed, 'minibatch', step).shuffle(collected.kept);
  const scored_P = await scoreGroups(context, groups, {
    reference: needs.reference,
    views: [...new Set([...needs.scoredViews, ...(measures(config, step) ? ['masked'] : [])])],
    step,
  });
  const { miniBatches } = config.train;
  const here: Now = { ...now, textOnly: groups.some(isTextOnly) };
  const arrays_PG = tokenArrays(scored_P, objective, { now: here, miniBatches });
  const training: TrainGroup[] = groups.map((g, p) => ({ ...asGroup(g), arrays_G: arrays_PG[p]! }));
  check();
  if (context.verify) await clock('self_check', () => selfCheck(context.engine, groups, rollout.temperature));
  const withoutSignal = arrays_PG.every((arrays_G) =>
    arrays_G.every(({ advantage }) => advantage!.every((a) => a === 0)),
  );
  const moved =
    withoutSignal && !config.train.updateWithoutSignal
      ? { terms: {}, gradNorm: 0, skippedSteps: 0, learningRate: learningRateAt(config, step) }
      : await clock('train', () => update(context, training, step, here));
  const sequences = groups.reduce((n, g) => n + g.rollouts_G.length, 0);
  const terms: Record<string, number> = moved.terms;
  const klRef = terms.kl_ref ?? Number.NaN;
  const withMask = 'masked' in views ? collected.kept.filter((g) => !isTextOnly(g)) : [];
  return {
    collected,
    drawn,
    scored_P,
    ...moved,
    withoutSignal,
    now,
    beta: Number.isFinite(klRef) ? nextBeta(objective, beta, klRef, sequences) : beta,
    masked: {
      prompts: withMask.length,
      unchanged: withMask.filter((g) => g.unchanged === g.prompt.views.original.length).length,
    },
    textOnly: collected.kept.filter(isTextOnly).length,
  };
}

const isTextOnly = ({ prompt }: GradedGroup) => prompt.views.original.length === 0;

const asGroup = ({ prompt, rollouts_G }: GradedGroup): Group => ({
  prompt,
  responses_G: rollouts_G.map(({ tokens_T }) => tokens_T),
});

/** The log-probabilities that the objective reads, none of which carries gradient. */
async function scoreGroups(
  context: StepContext,
  groups: readonly GradedGroup[],
  wanted: { reference: boolean; views: string[]; step: number },
): Promise<ScoredGroup[]> {
  const { engine, config, check, clock } = context;
  const { temperature } = config.rollout;
  const asked = groups.map(asGroup);
  const pictured = groups.map((group) => !isTextOnly(group));
  const score = async (policy: 'current' | 'reference', view: string) => {
    check();
    const part = policy === 'reference' ? 'reference' : `score_${view}`;
    const seen = view === 'original' ? asked : asked.filter((_, p) => pictured[p]);
    const scored =
      seen.length === 0 ? [] : await clock(part, () => engine.score(seen, { policy, view, temperature }));
    // What has no picture has no other view either; there is nothing to be scored twice.
    return view === 'original' ? scored : pictured.map((has) => (has ? scored.shift() : undefined));
  };
  const logprobs: Record<string, (Float32Array[] | undefined)[]> = {};
  if (wanted.reference) logprobs.ref = await score('reference', 'original');
  for (const view of wanted.views) logprobs[view] = await score('current', view);
  // A response that was drawn from another view has its old log-probabilities under the original one.
  const foreign = groups.some((g) => g.views_G.some((view) => view !== 'original'));
  const old = foreign ? await score('current', 'original') : undefined;
  const baseline =
    config.objective.advantage === 'remax' ? await greedyRewards(context, groups, wanted.step) : [];
  return groups.map((group, p) => ({
    baseline: baseline[p],
    textOnly: !pictured[p],
    rollouts_G: group.rollouts_G.map(({ tokens_T, logprobs_T }, g) => {
      const own = group.views_G[g] === 'original' ? logprobs_T : old![p]![g]!;
      const others = Object.entries(logprobs).map(([name, all]) => [name, all[p]?.[g] ?? own]);
      return {
        length: tokens_T.length,
        reward: group.rewards_G[g]!.overall,
        accuracy: group.rewards_G[g]!.accuracy,
        logprobs: { ...Object.fromEntries(others), old: own },
      };
    }),
  }));
}

/** What ReMax compares with: the reward of each prompt's most likely response. */
async function greedyRewards(context: StepContext, groups: readonly GradedGroup[], step: number) {
  const { maxTokens } = context.config.rollout;
  const options = { maxTokens, temperature: 0, topP: 1, seed: `${context.config.seed}/greedy/${step}` };
  context.check();
  const greedy = await rollOut(context, groups, options, [{ view: 'original', samples: 1 }]);
  return greedy.map((g) => g.rewards_G[0]!.overall);
}

/** One optimiser step for each mini-batch. Once the first has begun, the step is seen through. */
async function update(
  { config, engine }: StepContext,
  groups: readonly TrainGroup[],
  step: number,
  now: Now,
): Promise<Pick<StepResult, 'terms' | 'gradNorm' | 'skippedSteps' | 'learningRate'>> {
  const objective = makeObjective(config.objective, now);
  const { beta1, beta2, eps, weightDecay, gradClip } = config.optimizer;
  const learningRate = learningRateAt(config, step);
  const { temperature } = config.rollout;
  const ranges = miniBatchRanges(groups.length, config.train.miniBatches);
  const terms: Record<string, number> = {};
  let gradNorm = 0;
  let skippedSteps = 0;
  for (const [from, to] of ranges) {
    const values = await engine.accumulate(groups.slice(from, to), objective, { temperature });
    for (const [name, value] of Object.entries(values))
      terms[name] = (terms[name] ?? 0) + value / ranges.length;
    const report = await engine.step({ learningRate, beta1, beta2, eps, weightDecay, gradClip });
    gradNorm += report.gradNorm / ranges.length;
    if (report.skipped) skippedSteps++;
  }
  return { terms, gradNorm, skippedSteps, learningRate };
}
