/** docs/metrics.md, held against what runs of the table engine write. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeUndrawn } from '../data/builtin/make.ts';
import { CAUSES } from '../data/builtin/trace.ts';
import { DEPENDENCIES } from '../data/row.ts';
import { TASKS } from '../data/tasks/index.ts';
import type { Metric, Unit } from '../metric.ts';
import { objectiveMetrics } from '../objective/metrics.ts';
import { surrogates } from '../objective/surrogates/index.ts';
import type { RewardFunction } from '../reward/reward.ts';
import { METRICS } from '../run/log.ts';
import { presetNames } from '../settings/presets/index.ts';
import { fakeRows } from '../train/fake-engine.testing.ts';
import { type FakeRun, fakeRun } from '../train/loop.testing.ts';
import { type JsonLine, readJsonl } from './jsonl.ts';
import { described, metricsMarkdown } from './page.ts';

const SHORT = ['rollout.prompts=4', 'rollout.samples=4', 'train.steps=2', 'validation.every=1'];
const FEW = ['validation.rows=4', 'test={rows: 4, samples: 2}', 'checkpoint.every=0'];

/** Rows that mix in questions without a picture. */
const withoutPictures = fakeRows(12).map((row, i) =>
  i % 2 ? row : { ...row, images: [], problem: 'Which?' },
);

/** A main grader that gives up now and then, and further rewards: one for all responses, one that is not. */
const partly: RewardFunction = ({ response }) => ({
  overall: response.length / 100,
  accuracy: 0,
  format: 1,
  ...(response.includes('1') ? { unscored: true as const } : {}),
  more: { length: response.length, ones: response.includes('1') ? 1 : null },
});

const RUNS: FakeRun[] = [
  ...presetNames.map((preset) => ({ set: [`preset=${preset}`] })),
  ...surrogates.map(({ kind }) => ({ set: [`objective.surrogate=${kind}`] })),
  ...['dr-grpo', 'rloo', 'reinforce++', 'remax'].map((name) => ({ set: [`objective.advantage=${name}`] })),
  { set: ['preset=dvrp', 'objective.sft=0.001', 'objective.beta=0.01', 'objective.maskedGradient=on'] },
  { set: ['preset=papo-d', 'dynamicSampling.maxTries=2'] },
  { set: ['preset=grpo', 'objective.beta=0', 'logging.klPrcpEvery=0'] },
  { set: ['rollout.maxTokens=3'] },
  { rows: withoutPictures },
  { reward: partly },
  { reward: () => ({ overall: 1, accuracy: 1, format: 1 }) },
  { rows: fakeRows(8), test: fakeRows(4) },
  { set: ['test.views=[]'] },
  { set: ['test.views=[blank]'], test: withoutPictures },
  { test: fakeRows(4).map((row, i) => ({ ...row, meta: makeUndrawn(1, i).meta })) },
];

const KIND_NAMES = ['large', 'small', ...TASKS];
const VIEWS = ['masked', 'blank'];

/** What names in <> stand for in these runs. */
const NAMES = {
  view: ['original', ...VIEWS, 'noised'],
  kind: KIND_NAMES,
  name: ['length', 'ones'],
  level: DEPENDENCIES,
  cause: CAUSES,
  measure: ['', '_greedy'].flatMap((way) => [
    ...KIND_NAMES.map((kind) => `kinds${way}.${kind}`),
    ...DEPENDENCIES.map((level) => `dependency${way}.${level}`),
    ...CAUSES.map((cause) => `causes${way}.${cause}`),
    ...['accuracy', 'greedy', 'kl_prcp'],
    ...VIEWS.flatMap((view) => [`accuracy_${view}`, `greedy_${view}`]),
  ]),
};

const isObject = (value: unknown): value is JsonLine =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `part.key` for what is in a part. */
const flat = (line: JsonLine): [string, unknown][] =>
  Object.entries(line).flatMap(([key, value]) =>
    isObject(value) ? flat(value).map(([k, v]): [string, unknown] => [`${key}.${k}`, v]) : [[key, value]],
  );

/** The keys that a name stands for. */
function keysOf(name: string): string[] {
  const [whole, placeholder] = name.match(/<(\w+)>/) ?? [];
  if (whole === undefined) return [name];
  return NAMES[placeholder as keyof typeof NAMES].flatMap((one) => keysOf(name.replace(whole, one)));
}

/** What every value of a unit is. */
const FITS: Record<Unit, (value: unknown) => boolean> = {
  share: (v) => typeof v === 'number' && v >= 0 && v <= 1 + 1e-6,
  flag: (v) => v === 1,
  count: (v) => Number.isInteger(v) && Number(v) >= 0,
  ids: (v) => Array.isArray(v) && v.every((id) => typeof id === 'string'),
  tokens: (v) => Number(v) > 0 && Number(v) <= 6,
  'tokens/s': (v) => Number.isInteger(v),
  'nats a token': Number.isFinite,
  'nats² a token': (v) => Number(v) >= 0,
  ratio: (v) => Number(v) > 0,
  reward: Number.isFinite,
  coefficient: (v) => Number(v) >= 0,
  loss: Number.isFinite,
  norm: (v) => Number(v) >= 0,
  s: (v) => Number(v) >= 0,
  'that of the measure': Number.isFinite,
  MiB: (v) => Number.isInteger(v) && Number(v) > 10,
};

const KINDS = ['step', 'validation', 'test'] as const;
const lines: Record<(typeof KINDS)[number], JsonLine[]> = { step: [], validation: [], test: [] };

beforeAll(async () => {
  for (const { set = [], ...run } of RUNS) {
    const { dir } = await fakeRun({ ...run, set: [...set, ...SHORT, ...FEW] });
    for (const { kind, step: _, ...line } of readJsonl(join(dir, METRICS)))
      lines[kind as (typeof KINDS)[number]].push(Object.fromEntries(flat(line)));
  }
}, 120_000);

/** What is left out where the policy was not updated. */
const ofUpdate = new Set(
  [
    objectiveMetrics.equation,
    objectiveMetrics.further,
    ...objectiveMetrics.surrogates.map(({ metrics }) => metrics),
  ].flatMap((metrics) => Object.keys(metrics).filter((name) => name !== 'entropy')),
);

describe.each(KINDS)('a %s line', (kind) => {
  const words = new Map(
    Object.entries(described[kind]).flatMap(([name, metric]) =>
      keysOf(name).map((key): [string, Metric] => [key, metric]),
    ),
  );

  it('has no key that is not described, and no value that its unit does not know', () => {
    expect(lines[kind].length).toBeGreaterThan(20);
    for (const line of lines[kind])
      for (const [key, value] of Object.entries(line)) {
        const metric = words.get(key);
        expect(metric, key).toBeDefined();
        if (metric) expect(FITS[metric.unit](value), `${key}: ${value}`).toBe(true);
      }
  });

  /** In how many of the lines a name is. */
  const count = (name: string) =>
    lines[kind].filter((line) => keysOf(name).some((key) => Object.hasOwn(line, key))).length;

  it('has every key that is described', () => {
    expect(Object.keys(described[kind]).filter((name) => count(name) === 0)).toEqual([]);
  });

  it('has it always, unless the description says when', () => {
    for (const [name, { only }] of Object.entries(described[kind]))
      if (only === undefined && !(kind === 'step' && ofUpdate.has(name)))
        expect(count(name), name).toBe(lines[kind].length);
      // The rows of these runs have kinds.
      else if (!name.startsWith('kinds')) expect(count(name), name).toBeLessThan(lines[kind].length);
  });
});

it('is docs/metrics.md (npx vitest run src/metrics/page.test.ts -u writes it)', async () => {
  await expect(metricsMarkdown()).toMatchFileSnapshot('../../docs/metrics.md');
});
