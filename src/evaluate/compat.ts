/** Settings of other people's evaluators, for numbers that can be held against theirs. */
import { ConfigError } from '../errors.ts';
import type { Sampling } from './types.ts';

/** What an evaluator sets; what it leaves out is that of the policy's own training. */
export interface Compat {
  readonly name: string;
  /** One line for help and reports. */
  readonly description: string;
  readonly source: string;
  readonly samples: number;
  readonly sampling: Sampling;
  /** Pictures are brought within these many pixels. */
  readonly pixels: { readonly min: number; readonly max: number };
  readonly systemPrompt: string;
  /** Scoring of every suite. */
  readonly scoring: string;
  /** Form of the suites that it reads. */
  readonly layout: string;
  /** What it does otherwise than training, and other facts that a report states. */
  readonly notes: readonly string[];
}

const papoEval: Compat = {
  name: 'papo-eval',
  description:
    "the authors' public evaluator: pictures of at most 589,824 pixels, top-k 50, temperature 1, 8 answers",
  source: 'PAPO-Eval of arXiv 2507.06448: papo_eval/run_infer.sh and run_eval.sh',
  samples: 8,
  sampling: { temperature: 1, topP: 1, topK: 50, maxTokens: 2048 },
  pixels: { min: 1024, max: 589_824 },
  systemPrompt: 'You are a helpful assistant.',
  scoring: 'authors',
  layout: 'authors',
  notes: [
    'training has pictures of 200,704 to 1,003,520 pixels, top-p 0.99 and no top-k: the two give different numbers for one policy',
    'the public evaluator sets no seed: its own numbers differ from run to run',
  ],
};

export const COMPATS: readonly Compat[] = [papoEval];

/** @throws ConfigError where there is none of that name */
export function compatNamed(name: string): Compat {
  const found = COMPATS.find((one) => one.name === name);
  if (found) return found;
  const names = COMPATS.map((one) => one.name).join(', ');
  throw new ConfigError(`${name}: no such evaluator to be compatible with; there is ${names}`);
}
