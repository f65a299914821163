/**
 * PAPO from top to bottom, on the public API of the library alone: questions, rollouts, rewards, advantages, update.
 *
 *     node examples/minimal-loop.ts [run.yaml [folder for the policy]]                        Node 22.18 and newer
 *     node --import jiti/register examples/minimal-loop.ts [run.yaml [folder for the policy]]  every supported Node
 *
 * It prints one line of metrics a step. Given the config.yaml of a run of `papo train`, the lines agree with that run's
 * metrics.jsonl bit for bit. What the trainer does beyond this: checkpoints and resuming, evaluation, dynamic sampling
 * (DAPO), rollouts from other views (NoisyRollout), a greedy baseline (ReMax), skipping of rows that cannot be used,
 * making the next questions while the policy is updated, and the self-check before the first step.
 *
 * The last letters of an array's name are its axes: _P prompts, _G rollouts of one prompt, _T response tokens.
 */
import { mkdirSync } from 'node:fs';
import {
  ConfigError,
  gammaAt,
  type LogpName,
  loadPolicy,
  type Mask,
  nextBeta,
  openMask,
  openReward,
  openRunData,
  type Prompt,
  type Row,
  random,
  runConfig,
  type ScoredGroup,
  shuffled,
  updateOf,
} from 'papo';

const [settings = {}, folder] = process.argv.slice(2);
const config = runConfig(settings);
const { seed, objective } = config;
const { prompts: P, samples: G, maxTokens, temperature, topP } = config.rollout;
if (config.dynamicSampling.enabled || Object.keys(config.rollout.views).length > 0)
  throw new ConfigError(
    'minimal-loop: dynamic sampling and rollouts from other views are left to papo train',
  );

// The policy, with the engine that runs it. What it is at this moment stays as the reference policy.
const policy = await loadPolicy(config);
const { engine } = policy;

// The questions in the order of their seed, reshuffled every epoch; what grades the answers.
const data = await openRunData(config);
const rows = shuffled(data.train, seed);
const reward = await openReward(config.reward);

// How each corrupted view of a picture is made that an objective may ask for.
const masks: Record<string, Mask> = {};
for (const [view, mask] of Object.entries({ masked: config.mask, ...config.views }))
  masks[view] = await openMask(mask, { processor: policy.processor });

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

let position = 0;
let beta = objective.beta;

for (let step = 1; step <= config.train.steps; step++) {
  // 1. The equation with its coefficients as they are now: what has to be known of each rollout, and in which views.
  const gamma = gammaAt(objective, step - 1, config.train.steps);
  const update = updateOf(objective, { gamma, beta });
  if (update.baseline) throw new ConfigError('minimal-loop: a greedy baseline is left to papo train');
  const views = Object.fromEntries(
    update.views.map((view) => [view, masks[view].at?.(step, config.train.steps) ?? masks[view]]),
  );

  // 2. The next P questions. One corrupted view of each picture is shared by all rollouts of its question.
  const asked_P: { row: Row; prompt: Prompt }[] = [];
  for (let p = 0; p < P; p++, position++) {
    const row = await rows.at(position);
    asked_P.push({ row, prompt: await policy.prompt(row, views, [seed, 'mask', position]) });
  }

  // 3. G rollouts of each, with the log-probability of every token.
  const rollouts_PG = await engine.sample(
    asked_P.map(({ prompt }) => prompt),
    { samples: G, maxTokens, temperature, topP, seed: `${seed}/rollout/${step}/0` },
  );

  // 4. Their rewards: whether the boxed answer is right, and whether the response has the asked form.
  const graded_P = await Promise.all(
    asked_P.map(async ({ row, prompt }, p) => {
      const rollouts_G = rollouts_PG[p];
      const grade = (tokens_T: Int32Array) =>
        reward({
          response: policy.text(tokens_T),
          answer: row.answer,
          row: { ...row.extra, id: row.id, problem: row.problem, answer: row.answer, meta: row.meta },
          tokens: tokens_T.length,
        });
      const rewards_G = await Promise.all(rollouts_G.map(({ tokens_T }) => grade(tokens_T)));
      return { prompt, rollouts_G, rewards_G, responses_G: rollouts_G.map(({ tokens_T }) => tokens_T) };
    }),
  );
  const groups_P = random(seed, 'minibatch', step).shuffle(graded_P);

  // 5. The log-probabilities of the same tokens where the update compares: π_mask, which sees the masked picture, and π_ref.
  //    None of them carries gradient (with `maskedGradient: on` the masked view is computed inside the update instead).
  const scores: [LogpName, Float32Array[][]][] = [];
  for (const { name, policy, view } of update.scored)
    scores.push([name, await engine.score(groups_P, { policy, view, temperature })]);

  // 6. Rewards become advantages within each group; all becomes arrays of one number a token, cut into mini-batches.
  const scored_P: ScoredGroup[] = groups_P.map(({ prompt, rollouts_G, rewards_G }, p) => ({
    textOnly: prompt.views.original.length === 0,
    rollouts_G: rollouts_G.map(({ tokens_T, logprobs_T }, g) => ({
      length: tokens_T.length,
      reward: rewards_G[g].overall,
      accuracy: rewards_G[g].accuracy,
      logprobs: {
        logp_old: logprobs_T,
        ...Object.fromEntries(scores.map(([name, logprobs_PG]) => [name, logprobs_PG[p][g]])),
      },
    })),
  }));
  const fed = update.feed(scored_P, config.train.miniBatches);

  // 7. One step of AdamW for each mini-batch: the gradient of the loss through the policy, then the parameters move.
  const terms: Record<string, number> = {};
  let gradNorm = 0;
  const warmup = Math.min(1, step / (config.optimizer.warmupSteps + 1));
  const adamW = { ...config.optimizer, learningRate: config.optimizer.learningRate * warmup };
  const learns = !fed.withoutSignal || config.train.updateWithoutSignal;
  for (const { from, to, arrays_PG } of learns ? fed.miniBatches : []) {
    const groups = groups_P.slice(from, to).map((group, p) => ({ ...group, arrays_G: arrays_PG[p] }));
    const sums = await engine.accumulate(groups, fed.objective, { temperature });
    for (const [name, sum] of Object.entries(sums))
      terms[name] = (terms[name] ?? 0) + sum / fed.miniBatches.length;
    gradNorm += (await engine.step(adamW)).gradNorm / fed.miniBatches.length;
  }

  // 8. What is worth knowing, and β for the next step where a schedule moves it.
  const all = graded_P.flatMap(({ rewards_G }) => rewards_G);
  const entropies = groups_P.flatMap(({ rollouts_G }) =>
    rollouts_G.flatMap((r) => [...r.logprobs_T.map((x) => -x)]),
  );
  const metrics = {
    step,
    reward: mean(all.map(({ overall }) => overall)),
    accuracy: mean(all.map(({ accuracy }) => accuracy)),
    ...terms,
    entropy: mean(entropies),
    grad_norm: gradNorm,
    gamma,
    beta,
  };
  console.log(JSON.stringify(metrics));
  if (Number.isFinite(terms.kl_ref)) beta = nextBeta(objective, beta, terms.kl_ref, all.length);
}

if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  await engine.save(folder);
}
for (const part of [policy, reward, ...Object.values(masks)]) await part.close?.();
