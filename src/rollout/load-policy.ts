/** A policy with its engine, its words and its eyes: to be asked, and to be trained by a loop of one's own. */
import { MARK, marksIn } from '../data/marks.ts';
import type { Row } from '../data/row.ts';
import { openEngine } from '../engine/open.ts';
import type { Engine, Prompt, Rollout, SampleOptions } from '../engine/types.ts';
import type { Mask } from '../mask/types.ts';
import { type RunSettings, runConfig } from '../settings/run-config.ts';
import type { ProcessorConfig } from '../vision/processor.ts';
import { openPolicy } from './policy.ts';
import { promptMaker } from './prompts.ts';

/** A question about pictures; a `Row` is one. */
export type Question = Pick<Row, 'problem'> & Partial<Pick<Row, 'images' | 'id' | 'system'>>;

/** A response in words, with its tokens. */
export interface Answer extends Rollout {
  /** Without the tokens that only structure it. */
  text: string;
}

/** A policy that was opened; `close` ends it. */
export interface LoadedPolicy {
  /** Samples, scores and trains it. */
  readonly engine: Engine;
  /** The checkpoint that it was loaded from. */
  readonly dir: string;
  /** The image processor, for masks that work on what the vision tower gets. */
  readonly processor: ProcessorConfig;
  /**
   * Answers in the policy's own form: by default one, the most likely one, of at most `rollout.maxTokens` tokens.
   * @throws DataError where marks and pictures do not fit, or the prompt is too long; ImageError for a picture
   */
  answer(question: Question, options?: Partial<SampleOptions>): Promise<Answer[]>;
  /**
   * The question as the engine takes it. `<image>` marks the place of each picture; they come first where there is no mark.
   * @param views how each further view of the pictures is made, such as `{ masked: mask }`
   * @param key names the random streams of the masks: equal keys give equal views
   * @throws what `answer` throws, and UserFunctionError for a mask of your own
   */
  prompt(
    question: Question,
    views?: Readonly<Record<string, Mask>>,
    key?: readonly (string | number)[],
  ): Promise<Prompt>;
  /** A response as text, without the tokens that only structure it. */
  text(tokens_T: Int32Array): string;
  /** Ends the engine's thread. */
  close(): Promise<void>;
}

/**
 * Opens a policy: a checkpoint folder in Hugging Face form, or one that comes with papo, such as `builtin:looking`.
 *
 * @param settings `policy` (the folder or the name), `engine`, `data` (the prompt's form) and `rollout` are read
 * @throws ConfigError for a setting, CheckpointError where the folder lacks something, GraphError where the runtime or its
 *   provider does not start
 *
 * @example
 * import { readFileSync } from 'node:fs';
 * import { extractBoxed, loadPolicy } from 'papo';
 *
 * const policy = await loadPolicy(); // { policy: 'runs/papo-g-seed1/checkpoints/step-000100' } for a trained one
 * const images = [readFileSync('picture.png')];
 * const [answer] = await policy.answer({ problem: 'How many red objects are there?', images });
 * answer.text; // '<think> red : 2 </think> \\boxed{2}'
 * extractBoxed(answer.text); // '2'
 * await policy.close();
 */
export async function loadPolicy(settings: RunSettings = {}): Promise<LoadedPolicy> {
  const config = runConfig(settings);
  const { dir, text } = openPolicy(config);
  const maker = promptMaker(text);
  const engine = await openEngine(config.engine, dir);
  const prompt: LoadedPolicy['prompt'] = async (question, views = {}, key = []) =>
    (await maker.make(asRow(question), views, key)).prompt;
  return {
    engine,
    dir,
    processor: text.processor,
    prompt,
    text: maker.text,
    async answer(question, options = {}) {
      const { maxTokens } = config.rollout;
      const asked = { samples: 1, maxTokens, temperature: 0, topP: 1, seed: 'answer', ...options };
      const [rollouts_G] = await engine.sample([await prompt(question)], asked);
      return rollouts_G.map((rollout) => ({ ...rollout, text: maker.text(rollout.tokens_T) }));
    },
    close: () => engine.close(),
  };
}

/** A question as a row: its pictures come first where no mark says where. */
export function asRow({ problem, images = [], id = 'question', system }: Question): Row {
  const { plain } = marksIn(problem);
  const marked = plain === 0 ? MARK.repeat(images.length) + problem : problem;
  return { id, problem: marked, images, answer: '', ...(system === undefined ? {} : { system }) };
}
