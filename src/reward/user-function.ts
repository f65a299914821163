import { type HostOptions, openUserFunction, type Refuse } from '../user/host.ts';
import { shown } from '../user/protocol.ts';
import type { Reward, RewardFunction, RewardInput, Scored } from './reward.ts';

/** Rewards beyond this are a mistake, and would drown every other. */
const LARGEST = 1e6;
/** Further numbers that one response may have. */
const MOST_KEYS = 64;
const KEY = /^[\w.-]{1,64}$/;

/**
 * Loads a person's own reward function, named as `path/to/file.ts#exportName` (without `#…` the default export). It is
 * called with `{ response, answer, row, tokens }` and gives
 * - a number from 0 to 1, which is the accuracy too, or
 * - null, where the answer cannot be graded: overall and accuracy are 0, and it is counted apart, or
 * - `{ overall, accuracy?, format?, …more }`: `overall` is what is trained on, from -1,000,000 to 1,000,000; `accuracy`
 *   (where it is left out, `overall`) and `format` (0) lie from 0 to 1; every further key holds a finite number, or null
 *   where there is none, which is logged.
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
  const reward = (x: RewardInput) => host.ask([x], { what: subject(x) }, toReward);
  return Object.assign(reward, { close: () => host.close() });
}

/** A further reward by a person's own function: as a main one, but for its accuracy and format, which are plain numbers. */
export async function loadScore(
  setting: string,
  spec: string,
  baseDir: string,
  options: HostOptions = {},
): Promise<((x: RewardInput) => Promise<Scored>) & { close(): Promise<void> }> {
  const host = await openUserFunction(setting, spec, baseDir, options);
  const score = (x: RewardInput) => host.ask([x], { what: subject(x) }, toScore);
  return Object.assign(score, { close: () => host.close() });
}

const subject = ({ row, answer }: RewardInput): string =>
  row?.id === undefined ? `answer ${shown(answer)}` : `row ${String(row.id)}`;

function toReward(result: unknown, refuse: Refuse): Reward {
  const wrong = about(result, refuse);
  if (result === null) return { overall: 0, accuracy: 0, format: 0, unscored: true };
  if (typeof result === 'number') {
    if (!Number.isFinite(result)) throw wrong(FORM);
    if (!isShare(result))
      throw wrong(
        'a number alone is the accuracy too and lies from 0 to 1; for others return { overall, accuracy }',
      );
    return { overall: result, accuracy: result, format: 0 };
  }
  const { overall, rest } = partsOf(result, FORM, wrong);
  const { accuracy = overall, format = 0, ...further } = rest;
  if (!isShare(accuracy)) throw wrong('accuracy (overall, where it is left out) is a number from 0 to 1');
  if (!isShare(format)) throw wrong('format is a number from 0 to 1');
  const more = numbersOf(further, wrong);
  return { overall, accuracy, format, ...(Object.keys(more).length > 0 ? { more } : {}) };
}

function toScore(result: unknown, refuse: Refuse): Scored {
  const wrong = about(result, refuse);
  if (result === null) return { score: null };
  if (typeof result === 'number' && Number.isFinite(result)) {
    if (!isShare(result)) throw wrong('a number alone lies from 0 to 1; for others return { overall }');
    return { score: result };
  }
  const { overall, rest } = partsOf(result, 'return a number from 0 to 1, null, or { overall }', wrong);
  if (Object.hasOwn(rest, 'unscored'))
    throw wrong('unscored is what the share that could not be scored is called; choose another key');
  return { score: overall, more: numbersOf(rest, wrong) };
}

/** Words for what is wrong, led by what was given. */
const about =
  (result: unknown, refuse: Refuse): Refuse =>
  (words) =>
    refuse(`gave ${shown(result)}; ${words}`);

function partsOf(result: unknown, form: string, wrong: Refuse) {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) throw wrong(form);
  const { overall, ...rest } = result as Record<string, unknown>;
  if (!isNumber(overall) || Math.abs(overall) > LARGEST)
    throw wrong('overall is a number from -1,000,000 to 1,000,000');
  return { overall, rest };
}

function numbersOf(values: Record<string, unknown>, wrong: Refuse): Record<string, number | null> {
  const out: Record<string, number | null> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!KEY.test(key)) throw wrong(`the key ${shown(key)} has more than letters, digits, - _ and .`);
    if (value !== null && !isNumber(value))
      throw wrong(`${key} is not a finite number, as all further keys are`);
    out[key] = value;
  }
  if (Object.keys(out).length > MOST_KEYS) throw wrong(`at most ${MOST_KEYS} further numbers`);
  return out;
}

const FORM = 'return a number from 0 to 1, or { overall, accuracy, format }';
const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);
const isShare = (x: unknown): x is number => isNumber(x) && x >= 0 && x <= 1;
