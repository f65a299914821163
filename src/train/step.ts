/** One step of training: roll out, grade, filter, score, and move the policy once for each mini-batch. */
import type { Group } from '../engine/types.ts';
import { ConfigError } from '../errors.ts';
import type { Mask } from '../mask/types.ts';
import { type ObjectiveValues, scoringOf } from '../metrics/lines.ts';
import type { Now } from '../objective/papo.ts';
import type { ScoredGroup } from '../objective/rollouts.ts';
import { gammaAt, nextBeta } from '../objective/schedule.ts';
import { type LogpName, logpOf } from '../objective/types.ts';
import { type Fed, type Scoring, type Update, updateOf } from '../objective/update.ts';
import { random } from '../random.ts';
import { type Draw, type GradedGroup, type RolloutContext, rollOut, Tally } from '../rollout/rollout.ts';
import type { PromptStream, Views } from '../rollout/stream.ts';
import type { RunConfig } from '../settings/config.ts';
import { type Collected, collectGroups } from './dynamic.ts';
import { selfCheck } from './self-check.ts';

export interface StepContext extends RolloutContext {
  config: RunConfig;
  stream: PromptStream;
  /** The masks that the config names, by view. */
  masks: Readonly<Record<string, Mask>>;
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
  /** Terms of the objective, means over the mini-batches; empty where the policy was not updated. */
  terms: ObjectiveValues;
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

/** The log-probabilities under the masked view, which the objective may have no use for. */
const MASKED: Scoring = { name: logpOf('masked'), policy: 'current', view: 'masked' };

/** The views that the prompts of a step need, and how each is made. */
function viewsOf(
  config: RunConfig,
  masks: Readonly<Record<string, Mask>>,
  step: number,
  { views }: Pick<Update, 'views'>,
): Views {
  const names = new Set([...views, ...Object.keys(config.rollout.views)]);
  if (measures(config, step)) names.add(MASKED.view);
  const made: [string, Mask][] = [];
  for (const name of names) {
    const mask = masks[name];
    if (!mask)
      throw new ConfigError(
        `views.${name}: this view of the pictures is asked for, but nothing says how it is made`,
      );
    made.push([name, mask.at?.(step, config.train.steps) ?? mask]);
  }
  return Object.fromEntries(made);
}

/** How many rollouts of a prompt are drawn under which view; those of the original view first. */
export function drawsOf({ samples, views }: Pick<RunConfig['rollout'], 'samples' | 'views'>): Draw[] {
  const draws: Draw[] = [];
  let sum = 0;
  let drawn = 0;
  for (const [view, share] of Object.entries(views)) {
    sum += share;
    const upTo = Math.min(samples, Math.round(samples * sum));
    draws.push({ view, samples: upTo - drawn });
    drawn = upTo;
  }
  return [{ view: 'original', samples: samples - drawn }, ...draws].filter((draw) => draw.samples > 0);
}

const learningRateAt = ({ optimizer: { learningRate, warmupSteps } }: RunConfig, step: number) =>
  learningRate * Math.min(1, step / (warmupSteps + 1));

/** Step `step` (from 1) with β as it stands. @throws whatever `check` throws, while the policy has not moved yet */
export async function trainStep(context: StepContext, step: number, beta: number): Promise<StepResult> {
  const { config, stream, masks, check, clock } = context;
  const { rollout, objective, dynamicSampling, seed } = config;
  const now = coefficientsAt(config, step, beta);
  const update = updateOf(objective, now);
  const views = viewsOf(config, masks, step, update);
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
      const groups = await rollOut(context, prompts, options, drawsOf(rollout));
      for (const group of groups) drawn.add(group);
      return groups;
    },
    (group) => group.rewards_G.map((r) => r.accuracy),
    rollout.prompts,
    dynamicSampling,
  );
  check();
  const next = updateOf(objective, coefficientsAt(config, step + 1, beta));
  stream.prefetch(round, viewsOf(config, masks, step + 1, next));
  const groups = random(seed, 'minibatch', step).shuffle(collected.kept);
  const measured = measures(config, step) && !update.scored.some(({ name }) => name === MASKED.name);
  const scorings = measured ? [...update.scored, MASKED] : update.scored;
  const scored_P = await scoreGroups(context, groups, scorings, update.baseline ? step : undefined);
  const fed = update.feed(scored_P, config.train.miniBatches);
  check();
  if (context.verify) await clock('self_check', () => selfCheck(context.engine, groups, rollout.temperature));
  const { withoutSignal } = fed;
  const moved =
    withoutSignal && !config.train.updateWithoutSignal
      ? { terms: {}, gradNorm: 0, skippedSteps: 0, learningRate: learningRateAt(config, step) }
      : await clock('train', () => move(context, groups, fed, step));
  const sequences = groups.reduce((n, g) => n + g.rollouts_G.length, 0);
  const klRef = moved.terms.kl_ref ?? Number.NaN;
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
  scorings: readonly Scoring[],
  baselineOfStep: number | undefined,
): Promise<ScoredGroup[]> {
  const { engine, config, check, clock } = context;
  const { temperature } = config.rollout;
  const asked = groups.map(asGroup);
  const pictured = groups.map((group) => !isTextOnly(group));
  const score = async ({ policy, view }: Omit<Scoring, 'name'>) => {
    check();
    const part = policy === 'reference' ? 'reference' : scoringOf(view);
    const seen = view === 'original' ? asked : asked.filter((_, p) => pictured[p]);
    const scored =
      seen.length === 0 ? [] : await clock(part, () => engine.score(seen, { policy, view, temperature }));
    // What has no picture has no other view either; there is nothing to be scored twice.
    return view === 'original' ? scored : pictured.map((has) => (has ? scored.shift() : undefined));
  };
  const scored: [LogpName, (Float32Array[] | undefined)[]][] = [];
  for (const scoring of scorings) scored.push([scoring.name, await score(scoring)]);
  // A response that was drawn from another view has its old log-probabilities under the original one.
  const foreign = groups.some((g) => g.views_G.some((view) => view !== 'original'));
  const old = foreign ? await score({ policy: 'current', view: 'original' }) : undefined;
  const baseline = baselineOfStep === undefined ? [] : await greedyRewards(context, groups, baselineOfStep);
  return groups.map((group, p) => ({
    baseline: baseline[p],
    textOnly: !pictured[p],
    rollouts_G: group.rollouts_G.map(({ tokens_T, logprobs_T }, g) => {
      const own = group.views_G[g] === 'original' ? logprobs_T : (old?.[p]?.[g] ?? logprobs_T);
      const others = scored.map(([name, all]) => [name, all[p]?.[g] ?? own]);
      return {
        length: tokens_T.length,
        reward: group.rewards_G[g].overall,
        accuracy: group.rewards_G[g].accuracy,
        logprobs: { ...Object.fromEntries(others), [logpOf('old')]: own },
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
  return greedy.map((g) => g.rewards_G[0].overall);
}

/** One optimiser step for each mini-batch. Once the first has begun, the step is seen through. */
async function move(
  { config, engine }: StepContext,
  groups: readonly GradedGroup[],
  { objective, miniBatches }: Fed,
  step: number,
): Promise<Pick<StepResult, 'terms' | 'gradNorm' | 'skippedSteps' | 'learningRate'>> {
  const { beta1, beta2, eps, weightDecay, gradClip } = config.optimizer;
  const learningRate = learningRateAt(config, step);
  const { temperature } = config.rollout;
  const terms: Record<string, number> = {};
  let gradNorm = 0;
  let skippedSteps = 0;
  for (const { from, to, arrays_PG } of miniBatches) {
    const batch = groups.slice(from, to).map((g, p) => ({ ...asGroup(g), arrays_G: arrays_PG[p] ?? [] }));
    const values = await engine.accumulate(batch, objective, { temperature });
    for (const [name, value] of Object.entries(values))
      terms[name] = (terms[name] ?? 0) + value / miniBatches.length;
    const report = await engine.step({ learningRate, beta1, beta2, eps, weightDecay, gradClip });
    gradNorm += report.gradNorm / miniBatches.length;
    if (report.skipped) skippedSteps++;
  }
  return { terms, gradNorm, skippedSteps, learningRate };
}
