/**
 * The engine: where a policy lives and runs. The training loop speaks only these verbs and does not know whether they
 * are carried out in this process or on a cluster.
 */
import type { Objective, TokenArrays } from '../objective/types.ts';
import type { AdamWSettings } from '../tensor/adamw.ts';
import type { PreparedImage } from '../vision/processor.ts';

/** A question ready for the policy. */
export interface Prompt {
  id: string;
  /** Token ids of the rendered chat up to where the answer starts, each image expanded to its pad tokens. */
  ids_L: Int32Array;
  /**
   * The images in order of appearance, once per view: `original` always, `masked` where a corrupted view is needed,
   * further names where an objective asks for them. All views of an image have the same `gridThw`.
   */
  views: { original: PreparedImage[]; [view: string]: PreparedImage[] };
}

/** How responses are drawn. */
export interface SampleOptions {
  /** Rollouts of each prompt (G). */
  samples: number;
  /** Longest response in tokens, the end token included. */
  maxTokens: number;
  /** 0 takes the most likely token. */
  temperature: number;
  /** Nucleus: the smallest set of tokens whose mass reaches this is sampled from; 1 switches it off. */
  topP: number;
  /**
   * Of this many of the likeliest tokens only, and of those that are as likely as the last of them; the nucleus is taken of
   * what is left, as Hugging Face does it. 0, or not told: all.
   */
  topK?: number;
  /** The key of the random stream; equal keys give equal rollouts. */
  seed: string;
  /** Which view of the images is shown; `original` unless told. */
  view?: string;
  /**
   * Told of the tokens of each rollout as they are drawn, the end token included: prompt p, sample g, what is new since it
   * was told last. Generation is cut into pieces for it, without any difference to a bit of what is drawn.
   */
  onTokens?: (p: number, g: number, tokens: Int32Array) => void;
}

/** One response, as it was drawn. */
export interface Rollout {
  /** Response tokens, the end token included when `stopReason` is `stop`. */
  tokens_T: Int32Array;
  /** Log-probability of each token under softmax(logits / temperature), before any truncation. */
  logprobs_T: Float32Array;
  /** `stop`: it ended itself. `length`: it was cut off after `maxTokens`. */
  stopReason: 'stop' | 'length';
}

/** One prompt with responses to it: the prompt is computed once and shared. */
export interface Group {
  prompt: Prompt;
  /** Token ids of each response, [T]. */
  responses_G: Int32Array[];
}

/** Whose log-probabilities are asked for, and of which view of the pictures. */
export interface ScoreOptions {
  policy: 'current' | 'reference';
  view: string;
  /** Logits are divided by this before the softmax, as they were while sampling. */
  temperature: number;
}

/** A group with what the objective reads per token; arrays are keyed by the names that the objective lists. */
export interface TrainGroup extends Group {
  /** [G] of name -> [T]. A missing array is an error. `weight` is always there (see objective/types.ts). */
  arrays_G: TokenArrays[];
}

/** Settings of one optimiser step: decoupled weight decay (Loshchilov, Hutter 2019), the gradient clipped by its global norm. */
export type AdamW = AdamWSettings;

/** What a step of the optimiser did. */
export interface StepReport {
  /** Global L2 norm of the gradient before it was clipped. */
  gradNorm: number;
  /** True where the gradient was not finite: parameters and moments were left as they were. */
  skipped: boolean;
}

/** What an engine finds where it holds its own numbers against each other. */
export interface SelfCheck {
  /** Log-probabilities of the responses as the training graph has them: [groups][G] of [T]. */
  logprobs: Float32Array[][];
  /** How far a second evaluation of the gradient is from the first, relative to its length; 0: the same bits. */
  repeat: number;
  /**
   * How far the slope of the loss along the gradient, by central difference, is from the gradient's own length, relative
   * to that.
   */
  slope: number;
}

/**
 * Five verbs: sample, score, accumulate, step, save (and load what was saved).
 *
 * @example
 * import { loadPolicy, openReward, openRunData, runConfig, shuffled, updateOf } from 'papo';
 *
 * const config = runConfig({ preset: 'grpo', objective: { beta: 0 }, data: { builtin: { train: 8 } } });
 * const policy = await loadPolicy(config);
 * const rows = shuffled((await openRunData(config)).train, config.seed);
 * const reward = await openReward(config.reward);
 * const options = { samples: 4, maxTokens: 64, temperature: 1, topP: 1 };
 *
 * for (let step = 0; step < 2; step++) {
 *   const row = await rows.at(step);
 *   const prompt = await policy.prompt(row);
 *   const [rollouts_G] = await policy.engine.sample([prompt], { ...options, seed: `${step}` });
 *   const scored_G = await Promise.all(
 *     rollouts_G.map(async ({ tokens_T, logprobs_T }) => {
 *       const { overall, accuracy } = await reward({ response: policy.text(tokens_T), answer: row.answer });
 *       return { length: tokens_T.length, reward: overall, accuracy, logprobs: { logp_old: logprobs_T } };
 *     }),
 *   );
 *   const { objective, miniBatches } = updateOf(config.objective).feed([{ rollouts_G: scored_G }], 1);
 *   const responses_G = rollouts_G.map(({ tokens_T }) => tokens_T);
 *   const group = { prompt, responses_G, arrays_G: miniBatches[0].arrays_PG[0] };
 *   await policy.engine.accumulate([group], objective, { temperature: 1 });
 *   const { gradNorm } = await policy.engine.step(config.optimizer);
 *   gradNorm >= 0; // true
 * }
 * await policy.close();
 */
export interface Engine {
  /** One line for the start of a run: where the policy runs. */
  readonly description: string;
  /** Draws `samples` responses for each prompt. Returns [P][G]. */
  sample(prompts_P: Prompt[], options: SampleOptions): Promise<Rollout[][]>;
  /** Log-probabilities of given responses. Returns [groups][G] of [T]. */
  score(groups: Group[], options: ScoreOptions): Promise<Float32Array[][]>;
  /**
   * Adds the gradient of the objective's loss over these groups to what was accumulated since the last `step`, and
   * returns the value of every term (sums over tokens of weight x term, so values of several calls add up).
   */
  accumulate(
    groups: TrainGroup[],
    objective: Objective,
    options: { temperature: number },
  ): Promise<Record<string, number>>;
  /**
   * Differentiates Σ weight · advantage · log-probability over these groups twice and holds the result against the loss
   * itself. Nothing is moved and what was accumulated stays. Engines that cannot look at their gradients lack it.
   */
  verify?(groups: TrainGroup[], options: { temperature: number }): Promise<SelfCheck>;
  /** Moves the parameters and forgets the gradient. */
  step(optimizer: AdamW): Promise<StepReport>;
  /** Writes the policy in Hugging Face layout, and the optimiser's moments beside it. The folder exists and is empty. */
  save(dir: string): Promise<void>;
  /** Reads what `save` wrote; the reference policy stays what it was when the engine was opened. */
  load(dir: string): Promise<void>;
  /** Ends what the engine runs in. */
  close(): Promise<void>;
}
