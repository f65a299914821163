import { ConfigError } from '../errors.ts';
import { gradeChoice } from './choice.ts';
import { equalAnswers } from './equal.ts';
import { extractBoxed, NO_ANSWER } from './mathruler/boxed.ts';
import { gradeAnswer } from './mathruler/grade.ts';
import { gradeNumber, type Tolerance } from './quantity.ts';
import { formatReward, tidyTags } from './response.ts';

/** The reward of one response. `overall` is what the policy is trained on; the parts are logged. */
export interface Reward {
  overall: number;
  /** 1 where the answer is right, else 0 (a user's function may give what lies between). */
  accuracy: number;
  /** 1 where the response has the asked form, else 0. */
  format: number;
  /** Further numbers that a user's function gives: logged as `reward/<key>`, and of no other effect. */
  more?: Readonly<Record<string, number>>;
}

/** What is known of a response: its text, the true answer, and the data row that it belongs to. */
export interface RewardInput {
  response: string;
  answer: string;
  row?: Record<string, unknown>;
}

export interface RewardFunction {
  (x: RewardInput): Reward | Promise<Reward>;
  /** Ends what the function runs in, where that is more than this thread. */
  close?(): Promise<void>;
}

/** How answers are compared; each entry takes the answer given and the true one. */
export const GRADERS = ['mathruler', 'equal', 'choice', 'number', 'function'] as const;
export type Grader = (typeof GRADERS)[number];

export interface RewardConfig {
  /**
   * - `mathruler`: the verdicts of MathRuler, which PAPO's numbers are measured with
   * - `equal`: whatever is mathematically equal
   * - `choice`: the letter of a multiple-choice answer, A to E
   * - `number`: numbers within `tolerance`
   * - `function`: a person's own function, named in `function`
   *
   * @default 'function' where `function` names one, else 'mathruler'
   */
  grader?: Grader;
  /** Share of the format in the overall reward, 0 to 1. The public code has 0.1, the paper's text 0. @default 0.1 */
  formatWeight?: number;
  /** For `grader: number`. @default exact */
  tolerance?: Tolerance;
  /** A person's own function: `path/to/file.ts#exportName`. */
  function?: string;
  /** Seconds without an answer after which a person's own function is cut off. @default 60 */
  timeout?: number;
}

/**
 * The reward function that a config asks for: `(1 − w)·accuracy + w·format`, with the last `\boxed{…}` of the response
 * graded against the answer. Within 50 ms whatever the response: of one of over 50,000 characters the first 10,000 and the
 * last 40,000 are read, and an answer of over 5,000 characters (2,000 for `equal`) is compared as text; `choice` reads the first 500, and
 * `number` knows none that long. Agrees with PAPO's `compute_score` (examples/reward_function/math.py) for the default config.
 *
 * @throws ConfigError for a setting outside what is allowed; `grader: function` is `loadReward`'s
 */
export function makeReward(config: RewardConfig = {}): RewardFunction {
  const { grader = 'mathruler', formatWeight = 0.1, tolerance } = config;
  if (!(formatWeight >= 0 && formatWeight <= 1)) {
    throw new ConfigError(`reward.formatWeight is ${formatWeight}; give a number from 0 to 1`);
  }
  for (const [name, value] of Object.entries(tolerance ?? {})) {
    if (!(value >= 0))
      throw new ConfigError(`reward.tolerance.${name} is ${value}; give a number of at least 0`);
  }
  const grade = graderOf(grader, tolerance);
  return ({ response, answer }) => {
    const text = tidyTags(shortened(response));
    const accuracy = grade(extractBoxed(text), answer) ? 1 : 0;
    const format = formatReward(text);
    return { overall: (1 - formatWeight) * accuracy + formatWeight * format, accuracy, format };
  };
}

/** Of a longer response the beginning and the end are read: the form needs the one, the answer stands in the other. */
const LONGEST_RESPONSE = 50_000;
const BEGINNING = 10_000;

const shortened = (response: string): string =>
  response.length <= LONGEST_RESPONSE
    ? response
    : response.slice(0, BEGINNING) + response.slice(BEGINNING - LONGEST_RESPONSE);

function graderOf(grader: Grader, tolerance?: Tolerance): (given: string, truth: string) => boolean {
  switch (grader) {
    case 'mathruler':
      return gradeAnswer;
    case 'equal':
      return equalAnswers;
    case 'choice':
      return gradeChoice;
    case 'number':
      return (given, truth) => given !== NO_ANSWER && gradeNumber(given, truth, tolerance);
    case 'function':
      throw new ConfigError("reward.grader is 'function': it is loaded from its file, by rewardFromConfig");
    default:
      throw new ConfigError(`reward.grader is '${grader}'; choose one of ${GRADERS.join(', ')}`);
  }
}
