import { ConfigError } from '../errors.ts';
import { type HostOptions, openUserFunction, type UserFunctionHost } from '../user/host.ts';
import { shown } from '../user/protocol.ts';
import {
  makeReward,
  type Reward,
  type RewardConfig,
  type RewardFunction,
  type RewardInput,
} from './reward.ts';

/** Rewards beyond this are a mistake, and would drown every other. */
const LARGEST = 1e6;
/** Further numbers that one response may have. */
const MOST_KEYS = 64;
const KEY = /^[\w.-]{1,64}$/;

/**
 * Loads a person's own reward function, named as `path/to/file.ts#exportName` (without `#…` the default export). It is
 * called with `{ response, answer, row }` and gives
 * - a number from 0 to 1, which is the accuracy too, or
 * - `{ overall, accuracy?, format?, …more }`: `overall` is what is trained on, from -1,000,000 to 1,000,000; `accuracy`
 *   (where it is left out, `overall`) and `format` (0) lie from 0 to 1; every further key holds a finite number, which is
 *   logged.
 *
 * It runs in a thread of its own, for all responses at once where it is asynchronous, and is never called again once it
 * has hung or ended its thread.
 *
 * @param baseDir what a relative path is taken from
 * @throws ConfigError where the file or the export is missing or cannot be loaded. The function itself throws
 *   UserFunctionError, with the row's name, where the person's function throws, hangs, or gives anything else
 */
export async function loadReward(
  spec: string,
  baseDir: string,
  options: HostOptions = {},
): Promise<RewardFunction> {
  const host = await openUserFunction('reward.function', spec, baseDir, options);
  const reward = async (x: RewardInput) => {
    const what = subject(x);
    return toReward(await host.call([x], { what }), host, what);
  };
  return Object.assign(reward, { close: () => host.close() });
}

const subject = ({ row, answer }: RewardInput): string =>
  row?.id === undefined ? `answer ${shown(answer)}` : `row ${String(row.id)}`;

function toReward(result: unknown, host: UserFunctionHost, what: string): Reward {
  const refuse = (words: string) => host.fault(`gave ${shown(result)}; ${words}`, what);
  if (typeof result === 'number') {
    if (Number.isFinite(result) && !isShare(result))
      throw refuse(
        'a number alone is the accuracy too and lies from 0 to 1; for others return { overall, accuracy }',
      );
    if (!isShare(result)) throw refuse(FORM);
    return { overall: result, accuracy: result, format: 0 };
  }
  if (typeof result !== 'object' || result === null || Array.isArray(result)) throw refuse(FORM);
  const { overall, accuracy = overall, format = 0, ...rest } = result as Record<string, unknown>;
  if (!isNumber(overall) || Math.abs(overall) > LARGEST)
    throw refuse('overall is a number from -1,000,000 to 1,000,000');
  if (!isShare(accuracy)) throw refuse('accuracy (overall, where it is left out) is a number from 0 to 1');
  if (!isShare(format)) throw refuse('format is a number from 0 to 1');
  const more: Record<string, number> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (!KEY.test(key)) throw refuse(`the key ${shown(key)} has more than letters, digits, - _ and .`);
    if (!isNumber(value)) throw refuse(`${key} is not a finite number, as all further keys are`);
    more[key] = value;
  }
  if (Object.keys(more).length > MOST_KEYS) throw refuse(`at most ${MOST_KEYS} further numbers`);
  return { overall, accuracy, format, ...(Object.keys(more).length > 0 ? { more } : {}) };
}

const FORM = 'return a number from 0 to 1, or { overall, accuracy, format }';
const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);
const isShare = (x: unknown): x is number => isNumber(x) && x >= 0 && x <= 1;

/**
 * The reward function of a config, a person's own one included: naming `function` is enough.
 * @throws ConfigError for a setting outside what is allowed, and what `loadReward` throws
 */
export async function rewardFromConfig(
  config: RewardConfig,
  baseDir: string,
  options: HostOptions = {},
): Promise<RewardFunction> {
  const { function: own, grader = own ? 'function' : undefined, timeout } = config;
  if (own && grader !== 'function')
    throw new ConfigError(
      `reward.function names ${shown(own)} but reward.grader is '${grader}'; leave one of them out`,
    );
  if (grader !== 'function') return makeReward(config);
  if (!own)
    throw new ConfigError(
      "reward.grader is 'function' but reward.function is missing; give it as 'path/to/file.ts#exportName'",
    );
  if (timeout !== undefined && !(timeout > 0))
    throw new ConfigError(`reward.timeout is ${timeout}; give a number of seconds above 0`);
  return loadReward(own, baseDir, { timeout, ...options });
}
