/** The numbers of a run that arms are compared by. */
import { testMetrics } from '../../src/metrics/evaluation.ts';
import type { ReadLine } from '../../src/metrics/lines.ts';
import { isObject } from '../../src/settings/key-lookup.ts';
import { mean, series, stepsToHalf, WINDOW } from './series.ts';

/** Numbers by name. */
export type Numbers = ReadonlyMap<string, number>;

/** What test lines measure, in the order in which docs/metrics.md has it: a share or nats, and neither count nor interval. */
const PATTERNS = Object.entries(testMetrics)
  .filter(([, { unit }]) => unit === 'share' || unit.startsWith('nats'))
  .map(([key]) => new RegExp(`^${key.split(/<\w+>/).map(escaped).join('.+')}$`));

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Every measure of a test line, `part.key` for what stands in a part. */
export function measuresOf(line: ReadLine | undefined): Map<string, number> {
  const flat: [string, number][] = [];
  for (const [key, value] of Object.entries(line ?? {}))
    if (typeof value === 'number') flat.push([key, value]);
    else if (isObject(value))
      for (const [inner, v] of Object.entries(value))
        if (typeof v === 'number') flat.push([`${key}.${inner}`, v]);
  const placed = flat.map(([key, value]) => ({ key, value, at: PATTERNS.findIndex((p) => p.test(key)) }));
  return new Map(
    placed
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)
      .map(({ key, value }) => [key, value]),
  );
}

export const TRAIN_ACCURACY = 'train.accuracy';
export const TRAIN_ENTROPY = 'train.entropy';
export const TRAIN_KL = 'train.kl_prcp';
export const HALF = 'train.steps_to_half';
/** Perception errors among wrong answers; the causes of a test line are shares of all answers. */
export const MISREAD = 'perception_of_wrong';

function withMisread(numbers: Numbers): Numbers {
  const [perception, right] = ['perception', 'right'].map((cause) => numbers.get(`causes.${cause}`));
  return perception === undefined || right === undefined || right >= 1
    ? numbers
    : new Map([...numbers, [MISREAD, perception / (1 - right)]]);
}

export interface RunNumbers {
  seed: number;
  /** Of the test questions; empty where none were asked. */
  before: Numbers;
  after: Numbers;
  /** Of the training steps: means over the last 10, and steps to half of the gain. */
  training: Numbers;
}

export function numbersOf(seed: number, lines: readonly ReadLine[]): RunNumbers {
  const tests = lines.filter((line) => line.kind === 'test');
  const last = lines.findLast((line) => line.kind === 'step')?.step;
  const end = (key: string) => {
    const found = series(lines, key).filter(({ step }) => typeof last === 'number' && step > last - WINDOW);
    return mean(found.map(({ value }) => value));
  };
  const training: [string, number][] = [
    [HALF, stepsToHalf(series(lines, 'accuracy')) ?? Number.NaN],
    [TRAIN_ACCURACY, end('accuracy')],
    [TRAIN_ENTROPY, end('entropy')],
    [TRAIN_KL, end('kl_prcp')],
  ];
  return {
    seed,
    before: withMisread(measuresOf(tests.find((line) => line.step === 0))),
    after: withMisread(measuresOf(tests.findLast((line) => line.step !== 0))),
    training: new Map(training.filter(([, value]) => !Number.isNaN(value))),
  };
}
