/** The `reward` block of a run's settings, put together from what each grader declares. */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { cut, shown } from '../user/protocol.ts';
import { referenceSetting, timeoutSetting } from '../user/settings.ts';
import type { Grader } from './graders/grader.ts';
import { ANSWER_GRADERS, type AnswerGrader, type AnyGrader, GRADERS } from './graders/index.ts';

/** Rewards beside the main one. */
const MOST_FURTHER = 16;
/** A larger weight is a mistake. */
const LARGEST_WEIGHT = 1000;

const weight = z
  .number()
  .min(-LARGEST_WEIGHT)
  .max(LARGEST_WEIGHT)
  .describe('what its score is multiplied with before it is added to the reward; 0: it is only logged');
const timeout = timeoutSetting.describe(
  'seconds without an answer after which your own function is cut off and the run ends',
);

type KindOf<G> =
  G extends Grader<infer Name, infer _, infer Settings>
    ? z.ZodObject<{ kind: z.ZodLiteral<Name>; weight: typeof weight } & Settings, z.core.$strict>
    : never;
type KindsOf<G extends readonly unknown[]> = { -readonly [K in keyof G]: KindOf<G[K]> };

const kindOf = ({ name, description, settings }: AnyGrader) =>
  z.strictObject({ kind: z.literal(name), weight, ...settings }).describe(description);

const functionKind = z
  .strictObject({
    kind: z.literal('function'),
    weight,
    function: referenceSetting.describe(
      'your own function, as path/to/file.ts#exportName (kind is then function): given { response, answer, row, tokens } it returns a number from 0 to 1, null where it cannot be scored, or { overall } with a number from -1,000,000 to 1,000,000 and further numbers',
    ),
    timeout,
  })
  .describe('your own function');

const furtherSchema = z.discriminatedUnion('kind', [
  functionKind,
  ...(GRADERS.map(kindOf) as unknown as KindsOf<typeof GRADERS>),
]);

type Both<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;
/** The settings of all graders that may be the main one, which stand beside each other. */
const mainSettings = Object.assign({}, ...ANSWER_GRADERS.map(({ settings }) => settings)) as Both<
  AnswerGrader['settings']
>;

const names = ANSWER_GRADERS.map(({ name }) => name);
const listed = ANSWER_GRADERS.map(({ name, description }) => `${name} (${description})`).join(', ');

export const rewardSchema = z.strictObject({
  grader: z
    .enum([...names, 'function'])
    .default('mathruler')
    .describe(
      `how the boxed answer is compared: ${listed}, function (your own); of a response of over 50,000 characters only the first 10,000 and the last 40,000 are read, and an answer of over 5,000 is compared as text`,
    ),
  formatWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('share of the form <think>…</think> \\boxed{…} in the reward (public code 0.1, paper 0)'),
  ...mainSettings,
  function: referenceSetting
    .nullable()
    .default(null)
    .describe(
      'your own function, as path/to/file.ts#exportName (grader is then function): given { response, answer, row, tokens } it returns a number from 0 to 1, null where the answer cannot be graded, or { overall, accuracy, format } with overall from -1,000,000 to 1,000,000 and the others from 0 to 1; further numbers are logged as reward/<key>',
    ),
  timeout,
  further: z
    .record(z.string().regex(/^[\w-]{1,64}$/, 'a name has letters, digits, - and _ only'), furtherSchema)
    .refine((all) => Object.keys(all).length <= MOST_FURTHER, `at most ${MOST_FURTHER} further rewards`)
    .default({})
    .describe(
      'rewards that are added to the main one, each by its weight and logged as reward/<name>, such as {short: {kind: length, target: 200, slack: 100, weight: 0.2}, kind: {function: my.ts#kind, weight: 0.3}}',
    ),
});

/** What may be written. */
export type RewardConfig = z.input<typeof rewardSchema>;
/** With all defaults. */
export type RewardSettings = z.output<typeof rewardSchema>;
export type FurtherSettings = RewardSettings['further'][string];

/** Checks the block. @throws ConfigError: one line with the key, what is wrong and what is allowed */
export function parseReward(config: RewardConfig): RewardSettings {
  const parsed = rewardSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = ['reward', ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') throw new ConfigError(`${at}.${issue.keys[0]}: no such key`);
  const value = issue.path.reduce<unknown>((of, key) => (of as Record<PropertyKey, unknown>)?.[key], config);
  const given = typeof value === 'string' ? `'${cut(value)}'` : shown(value);
  throw new ConfigError(`${at} is ${given}; ${wordsOf(issue)}`);
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `choose one of ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_union')
    return `choose one of function, ${GRADERS.map(({ name }) => name).join(', ')}`;
  const { message } = issue.code === 'invalid_key' ? issue.issues[0] : issue;
  return message.replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}
