import { ConfigError } from '../errors.ts';
import type { Subject } from './graders/grader.ts';
import { graderNamed } from './graders/index.ts';
import { formatReward, subjectOf } from './response.ts';
import { type FurtherSettings, parseReward, type RewardConfig, type RewardSettings } from './settings.ts';

/** The reward of one response; what `overall` is made of is logged. */
export interface Reward {
  /** What the policy is trained on. */
  overall: number;
  /** 1 where the answer is right, else 0; some graders and a user's function give what lies between. */
  accuracy: number;
  /** 1 where the response has the asked form, else 0. */
  format: number;
  /** The main grader cannot read the reference (or a user's function gave null): `accuracy` is 0 for that alone. */
  unscored?: true;
  /**
   * Further rewards by name, before their weights, and further numbers of a user's function: logged as `reward/<key>`.
   * Null where one could not be scored: it added nothing, and no mean is taken over it.
   */
  more?: Readonly<Record<string, number | null>>;
}

/** What is known of a response: its text, the true answer, and the data row that it belongs to. */
export interface RewardInput {
  response: string;
  answer: string;
  row?: Record<string, unknown>;
  /** Tokens of the response, the one that ends it included. */
  tokens?: number;
}

/** Grades a response; what a run's settings name, or your own for a loop of your own. */
export interface RewardFunction {
  (x: RewardInput): Reward | Promise<Reward>;
  /** Ends what the function runs in, where that is more than this thread. */
  close?(): Promise<void>;
}

/** What one of several rewards makes of a response; null where it cannot be scored. */
export interface Scored {
  score: number | null;
  /** Further numbers of a user's function. */
  more?: Readonly<Record<string, number | null>>;
}

type Maybe<T> = T | Promise<T>;
export type Main = (x: RewardInput, subject: Subject) => Maybe<Reward>;

/** A reward beside the main one. */
export interface Further {
  name: string;
  weight: number;
  score: (x: RewardInput, subject: Subject) => Maybe<Scored>;
}

/**
 * The reward function that a config asks for: `(1 − w)·accuracy + w·format`, with the last `\boxed{…}` of the response
 * graded against the answer, and every reward of `further` by its weight. Within 50 ms whatever the response: of one of
 * over 50,000 characters the first 10,000 and the last 40,000 are read, and an answer of over 5,000 characters (2,000 for
 * `equal`, 1,000 for `anls`) is compared as text; `choice` reads the first 500, and `number` knows none that long. Agrees
 * with PAPO's `compute_score` (examples/reward_function/math.py) for the default config.
 *
 * @throws ConfigError for a setting outside what is allowed, and for a person's own function: `openReward` loads those
 *
 * @example
 * const reward = makeReward({ formatWeight: 0, further: { short: { kind: 'length', target: 40, slack: 20, weight: 0.2 } } });
 * await reward({ response: '<think>1 + 1</think> \\boxed{2}', answer: '2', tokens: 12 });
 * // { overall: 1.2, accuracy: 1, format: 1, more: { short: 1 } }
 */
export function makeReward(config: RewardConfig = {}): RewardFunction {
  const settings = parseReward(config);
  const further = Object.entries(settings.further).map(([name, one]) => {
    if (one.kind === 'function') throw unopened(`reward.further.${name}.kind`);
    return graded(name, one);
  });
  return weighted(mainGrader(settings), further);
}

const unopened = (key: string) =>
  new ConfigError(`${key} is 'function': it is loaded from its file, by openReward`);

/** The main reward, by a grader. */
export function mainGrader(settings: RewardSettings): Main {
  const { grader: name, formatWeight } = settings;
  if (name === 'function') throw unopened('reward.grader');
  const grader = graderNamed(name);
  return (_, subject) => {
    const score = grader.score(subject, settings);
    const accuracy = score ?? 0;
    const format = formatReward(subject.response);
    const overall = (1 - formatWeight) * accuracy + formatWeight * format;
    return { overall, accuracy, format, ...(score === null ? { unscored: true } : {}) };
  };
}

/** A further reward, by a grader. */
export function graded(name: string, settings: Exclude<FurtherSettings, { kind: 'function' }>): Further {
  const grader = graderNamed(settings.kind);
  const score: Further['score'] = (_, subject) => ({ score: grader.score(subject, settings) });
  return { name, weight: settings.weight, score };
}

/** The main reward with the further ones. Promises are waited for only where there are any. */
export function weighted(main: Main, further: readonly Further[]): RewardFunction {
  return (x) => {
    const subject = subjectOf(x.response, x.answer, x.tokens);
    const own = main(x, subject);
    const scores = further.map(({ score }) => score(x, subject));
    if (isReady(own) && scores.every(isReady)) return summed(own, further, scores);
    return Promise.all([own, Promise.all(scores)]).then(([own, scores]) => summed(own, further, scores));
  };
}

const isReady = <T>(value: Maybe<T>): value is T => !(value instanceof Promise);

function summed(main: Reward, further: readonly Further[], scores: readonly Scored[]): Reward {
  if (further.length === 0) return main;
  const more: Record<string, number | null> = { ...main.more };
  let { overall } = main;
  further.forEach(({ name, weight }, i) => {
    const { score, more: inner = {} } = scores[i];
    if (Object.hasOwn(more, name))
      throw new ConfigError(
        `reward.further.${name}: reward.function gives a number of that name already; choose another`,
      );
    overall += weight * (score ?? 0);
    more[name] = score;
    for (const [key, value] of Object.entries(inner)) more[`${name}/${key}`] = value;
  });
  return { ...main, overall, more };
}
