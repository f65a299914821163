/** The options of the command, checked: one clear line for what cannot be. */
import { ConfigError, quoted } from '../../errors.ts';
import { scoringNamed } from '../scorings/index.ts';
import type { Sampling } from '../types.ts';
import type { Reference } from './given.ts';
import type { Wanted } from './types.ts';

/** As they are typed. */
export interface AskFlags {
  policy?: string;
  samples?: string;
  greedy?: boolean;
  temperature?: string;
  topP?: string;
  topK?: string;
  maxTokens?: string;
  seed?: string;
  answer?: string;
  scoring?: string;
  model?: string;
  look?: boolean;
  masks?: string;
  html?: string;
  json?: boolean;
}

const MOST = { samples: 512, masks: 64, topK: 2 ** 24, maxTokens: 2 ** 16 };

function number(flag: string, text: string, isAllowed: (x: number) => boolean, allowed: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!isAllowed(value)) throw new ConfigError(`--${flag} ${quoted(text)}: allowed is ${allowed}`);
  return value;
}

const whole = (flag: string, text: string, least: number, most: number) =>
  number(
    flag,
    text,
    (x) => Number.isInteger(x) && x >= least && x <= most,
    `a whole number ${least} to ${most}`,
  );

/** Options whose values do not depend on the policy. @throws ConfigError */
export function checkedFlags(flags: AskFlags) {
  const look = flags.look === true || flags.html !== undefined || flags.masks !== undefined;
  const samples = whole('samples', flags.samples ?? '1', 1, MOST.samples);
  const temperature =
    flags.temperature === undefined
      ? undefined
      : number('temperature', flags.temperature, (x) => x >= 0 && x <= 100, 'a number 0 to 100');
  const topP =
    flags.topP === undefined
      ? undefined
      : number('top-p', flags.topP, (x) => x > 0 && x <= 1, 'a number above 0, at most 1');
  const topK = flags.topK === undefined ? undefined : whole('top-k', flags.topK, 0, MOST.topK);
  const maxTokens =
    flags.maxTokens === undefined ? undefined : whole('max-tokens', flags.maxTokens, 1, MOST.maxTokens);
  if (flags.greedy && temperature !== undefined && temperature > 0)
    throw new ConfigError('--greedy is temperature 0; leave --temperature or --greedy out');
  if (flags.html !== undefined && flags.html.trim() === '')
    throw new ConfigError('--html: no file is named; give one such as look.html');
  const isGreedy = flags.greedy === true || temperature === 0;
  if (isGreedy && samples > 1)
    throw new ConfigError(`--samples ${samples}: greedy answers are all the same; leave one of both out`);
  return {
    samples,
    temperature: isGreedy ? 0 : temperature,
    topP,
    topK,
    maxTokens,
    seed: flags.seed ?? '1',
    look,
    masks: whole('masks', flags.masks ?? '1', 1, MOST.masks),
    html: flags.html,
    json: flags.json === true,
    model: flags.model,
    reference: referenceOf(flags),
  };
}

function referenceOf({ answer, scoring = 'authors' }: AskFlags): Reference | undefined {
  scoringNamed(scoring);
  if (answer === undefined) return undefined;
  if (answer.trim() === '') throw new ConfigError('--answer: is empty; give what the right answer is');
  return { answer, scoring };
}

export type Checked = ReturnType<typeof checkedFlags>;

/**
 * One answer is the likeliest unless something is said of sampling; several are drawn as the policy's run draws them.
 */
export function wantedOf(flags: Checked, own: Sampling): Wanted {
  const { samples, temperature, topP, topK, maxTokens, seed } = flags;
  const sampled = samples > 1 || topP !== undefined || topK !== undefined;
  return {
    samples,
    temperature: temperature ?? (sampled ? own.temperature : 0),
    topP: topP ?? own.topP,
    topK: topK ?? own.topK,
    maxTokens: maxTokens ?? own.maxTokens,
    seed,
  };
}
