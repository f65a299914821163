/** A policy on suites, from what was named to the files that are left. */
import { join } from 'node:path';
import { writeAside } from '../../durable.ts';
import { version } from '../../version.ts';
import { type EvalSettings, type Evaluation, readEvaluation, SUMMARY_FILE } from '../files.ts';
import type { Target } from '../policy/target.ts';
import { scoringNamed } from '../scorings/index.ts';
import { summaryOf } from '../summary.ts';
import type { Answerer, Suite } from '../types.ts';
import { openAnswerer, type ServerSettings } from './answerer.ts';
import { nameOf, takeFolder } from './folder.ts';
import { askAll, type Heard, type Plan } from './runner.ts';
import type { Asking } from './settings.ts';

/** An open suite, what opens it again, and the scoring that is used. */
export interface AskedSuite {
  suite: Suite;
  spec: Record<string, unknown>;
  scoring: string;
}

export interface EvaluateOptions {
  target: Target;
  /** As a person named the policy. */
  policy: string;
  suites: readonly AskedSuite[];
  /** Answers drawn to each question; 0: none. */
  samples: number;
  /** Whether the likeliest answer is asked for as well. */
  greedy: boolean;
  asking: Asking;
  seed: string;
  /** The folder; in evals/ by the policy's name unless told. */
  dir?: string;
  /** One that is open already, and stays open. */
  answerer?: Answerer;
  server?: ServerSettings;
  signal: AbortSignal;
  /** What a person should know before the questions are asked. */
  begin?: (facts: { dir: string; resumed: boolean; settings: EvalSettings }) => void;
  hear?: (heard: Heard) => void;
}

/** The evaluation, and questions that could not be read, by suite. */
export interface Evaluated {
  evaluation: Evaluation;
  unreadable: Map<string, string[]>;
}

/**
 * Asks a policy the questions of suites, or goes on with it, and leaves the answers and their summary in a folder.
 * @throws DataError where the folder holds something else, RunError where another process works in it, what the policy or
 *   the server throws where it cannot be asked at all, and the reason of `signal`; what was answered is kept
 */
export async function evaluatePolicy(options: EvaluateOptions): Promise<Evaluated> {
  const { target, asking, samples, greedy, signal } = options;
  const server = { ...options.server, signal };
  const answerer = options.answerer ?? (await openAnswerer(target, asking, Math.max(samples, 1), server));
  try {
    const settings = settingsOf(options, answerer);
    const folder = takeFolder(settings, nameOf(target, options.policy), options.dir);
    try {
      options.begin?.({ dir: folder.dir, resumed: folder.resumed, settings });
      const plan: Plan = {
        answerer,
        suites: options.suites.map(({ suite, scoring }) => ({ suite, scoring: scoringNamed(scoring) })),
        samples,
        greedy,
        sampling: asking.sampling,
        seed: options.seed,
      };
      const unreadable = await askAll(folder.dir, plan, signal, options.hear);
      const evaluation = readEvaluation(folder.dir);
      const summary = `${JSON.stringify(summaryOf(evaluation), null, 2)}\n`;
      writeAside(join(folder.dir, SUMMARY_FILE), () => [Buffer.from(summary)]);
      return { evaluation, unreadable };
    } finally {
      folder.close();
    }
  } finally {
    if (!options.answerer) await answerer.close();
  }
}

function settingsOf(options: EvaluateOptions, answerer: Answerer): EvalSettings {
  const { policy, samples, greedy, asking, seed, suites } = options;
  return {
    version: 1,
    papo: version(),
    policy,
    description: answerer.description,
    settings: { ...answerer.settings, trained: asking.trained },
    samples,
    greedy,
    sampling: asking.sampling,
    seed,
    differs: asking.differs,
    suites: suites.map(({ suite, spec, scoring }) => {
      const { name, title, source, group, length, skipped, notes } = suite;
      return {
        name,
        title,
        source,
        scoring,
        ...(group && { group }),
        length,
        skipped: { ...skipped },
        notes: [...notes],
        spec,
      };
    }),
  };
}
