/** Which questions two evaluations have in common, and what keeps their numbers from being compared. */
import { DataError, quoted } from '../../errors.ts';
import type { AskedQuestion, Evaluation, SuiteRecord } from '../files.ts';

/** One question, evaluated twice. */
export interface QuestionPair {
  before: AskedQuestion;
  after: AskedQuestion;
}

/** A suite that both evaluations have. */
export interface SuitePair {
  name: string;
  title: string;
  group?: SuiteRecord['group'];
  notes: readonly string[];
  pairs: readonly QuestionPair[];
  /** Questions that only one of them answered. */
  onlyBefore: number;
  onlyAfter: number;
}

export interface Pairing {
  suites: readonly SuitePair[];
  /** What else than the policy may make a difference, one line each. */
  warnings: readonly string[];
}

const nameOf = ({ suite, key }: AskedQuestion) => JSON.stringify([suite, key]);

/**
 * The same questions in both: of one suite, with one key.
 * @throws DataError where a key has another reference, a suite another scoring, or no question is in both
 */
export function pairEvaluations(before: Evaluation, after: Evaluation): Pairing {
  const records = new Map(after.settings.suites.map((record) => [record.name, record]));
  const shared = before.settings.suites.flatMap((one): [SuiteRecord, SuiteRecord][] => {
    const other = records.get(one.name);
    return other ? [[one, other]] : [];
  });
  for (const [one, other] of shared)
    if (one.scoring !== other.scoring)
      throw new DataError(
        `${after.dir}: suite ${one.name} was scored as ${other.scoring}, in ${before.dir} as ${one.scoring}; evaluate both with the same --as`,
      );
  const later = new Map(after.questions.map((question) => [nameOf(question), question]));
  const suites = shared
    .map(([one]) => suitePair(one, before, after, later))
    .filter(({ pairs }) => pairs.length > 0);
  if (suites.length === 0) {
    const names = ({ settings }: Evaluation) => settings.suites.map(({ name }) => name).join(', ') || 'none';
    throw new DataError(
      `${after.dir}: no question in common with ${before.dir} (suites ${names(after)} and ${names(before)}); evaluate both on the same suites`,
    );
  }
  return { suites, warnings: warningsOf(before, after, shared, suites) };
}

function suitePair(
  { name, title, group, notes }: SuiteRecord,
  before: Evaluation,
  after: Evaluation,
  later: ReadonlyMap<string, AskedQuestion>,
): SuitePair {
  const own = before.questions.filter(({ suite }) => suite === name);
  const pairs = own.flatMap((question): QuestionPair[] => {
    const other = later.get(nameOf(question));
    if (other && other.answer !== question.answer)
      throw new DataError(
        `${after.dir}: question ${quoted(question.key, 60)} of suite ${name} has the reference '${quoted(other.answer, 60)}', in ${before.dir} '${quoted(question.answer, 60)}'; evaluate both on the same files`,
      );
    return other ? [{ before: question, after: other }] : [];
  });
  const others = after.questions.filter(({ suite }) => suite === name).length;
  return {
    name,
    title,
    ...(group && { group }),
    notes,
    pairs,
    onlyBefore: own.length - pairs.length,
    onlyAfter: others - pairs.length,
  };
}

/** `a.b: 1` for each value within. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
  return [[path, value === undefined ? 'not set' : (JSON.stringify(value) ?? String(value))]];
}

/** Settings that name the policy, which is to differ, or that do not touch an answer. */
const EXPECTED = new Set([
  'policy',
  'model',
  'url',
  'server',
  'checkpoint',
  'description',
  'trained',
  'batch',
  'parallel',
  'seed',
]);

function settingWarnings(before: Evaluation, after: Evaluation): string[] {
  const of = ({ settings: { settings, samples, greedy, sampling } }: Evaluation) =>
    new Map(flat({ samples, greedy, sampling, ...settings }));
  const [one, other] = [of(before), of(after)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [a, b] = [one.get(key) ?? 'not set', other.get(key) ?? 'not set'];
    const expected = EXPECTED.has(key.split('.').at(-1) ?? '');
    return a === b || expected ? [] : [`${key} is ${quoted(a, 80)} in one and ${quoted(b, 80)} in the other`];
  });
}

function warningsOf(
  before: Evaluation,
  after: Evaluation,
  shared: readonly (readonly [SuiteRecord, SuiteRecord])[],
  suites: readonly SuitePair[],
): string[] {
  const names = new Set(suites.map(({ name }) => name));
  const alone = [before, after].flatMap(({ settings }) =>
    settings.suites.map(({ name }) => name).filter((name) => !names.has(name)),
  );
  const pairs = suites.flatMap((suite) => suite.pairs);
  const words = pairs.filter((pair) => pair.before.question !== pair.after.question).length;
  const left = suites.reduce((sum, { onlyBefore, onlyAfter }) => sum + onlyBefore + onlyAfter, 0);
  const failed = [before, after].map(({ questions }) => {
    const lines = questions.flatMap(({ sampled_K, greedy }) => [...sampled_K, ...(greedy ? [greedy] : [])]);
    return lines.filter(({ verdict }) => verdict === 'failed').length;
  });
  const sources = shared.filter(([one, other]) => names.has(one.name) && one.source !== other.source);
  return [
    ...settingWarnings(before, after),
    ...sources.map(
      ([one, other]) => `suite ${one.name} was read from ${one.source} and from ${other.source}`,
    ),
    ...(words > 0 ? [`${words} questions of the same key are worded otherwise`] : []),
    ...(left > 0 ? [`${left} questions were answered in one of them only and are left out`] : []),
    ...(alone.length > 0 ? [`left out, as only one of them has it: suite ${alone.join(', ')}`] : []),
    ...(failed.some((n) => n > 0)
      ? [`answers that failed and have no score: ${failed[0]} in one and ${failed[1]} in the other`]
      : []),
  ];
}
