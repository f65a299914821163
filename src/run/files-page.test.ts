import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readJsonl } from '../metrics/jsonl.ts';
import { fakeRows } from '../train/fake-engine.testing.ts';
import { fakeRun } from '../train/loop.testing.ts';
import { summary } from '../train/summary.ts';
import { filesMarkdown, METRIC_WORDS, SAMPLE_WORDS, wordsOf } from './files-page.ts';
import { METRICS, SAMPLES } from './log.ts';

const SHORT = ['train.steps=2', 'validation.every=1', 'test={rows: 4, samples: 2}'];
/** Settings that between them make every line and every key that does not depend on a fault. */
const RUNS = [
  [],
  ['preset=dvrp', 'size=tiny', 'objective.sft=0.001', 'objective.beta=0.01'],
  ['preset=noisy-rollout', 'rollout.samples=8'],
];

it('every key that a run writes has its words, and every word its key', async () => {
  const used = { metrics: new Set<string>(), samples: new Set<string>() };
  for (const set of RUNS) {
    const { dir } = await fakeRun({ set: [...SHORT, ...set], rows: fakeRows(12), test: fakeRows(4) });
    for (const { kind, step: _, ...line } of readJsonl(join(dir, METRICS)))
      for (const key of Object.keys(line)) {
        const words = wordsOf(key, METRIC_WORDS[kind as 'step']);
        expect(words, `${kind} ${key}`).toBeDefined();
        used.metrics.add(words!);
      }
    for (const line of readJsonl(join(dir, SAMPLES)))
      for (const key of Object.keys(line)) {
        expect(wordsOf(key, SAMPLE_WORDS), key).toBeDefined();
        used.samples.add(wordsOf(key, SAMPLE_WORDS)!);
      }
  }
  // The table engine has no objective of its own to report on, and no user function is asked.
  const rest = Object.entries(SAMPLE_WORDS).filter(([, words]) => !used.samples.has(words));
  expect(rest.map(([key]) => key)).toEqual(['unscored', 'reward/<name>']);
  expect(used.metrics.has(METRIC_WORDS.test.greedy!)).toBe(true);
  expect(used.metrics.has(METRIC_WORDS.step.test_rows_trained_on!)).toBe(true);
});

it('is docs/files.md (npx vitest run src/run/files-page.test.ts -u writes it)', async () => {
  await expect(filesMarkdown()).toMatchFileSnapshot('../../docs/files.md');
});

it('test questions are called unseen only where the run was not trained on them', async () => {
  // Another picture, of which the table engine sees the same.
  const other = fakeRows(4).map((row) => ({ ...row, images: [Uint8Array.of(row.images[0]![0]!, 7)] }));
  const apart = await fakeRun({ set: SHORT, test: other });
  expect(apart.outcome.trainedOn).toBe(0);
  expect(summary(apart.dir, apart.config, apart.outcome)).toContain(
    'accuracy on 4 unseen test questions, avg@2',
  );
  const shared = { rows: fakeRows(8), test: fakeRows(4) };
  const first = await fakeRun({ set: [...SHORT, 'train.steps=1'], ...shared });
  expect(first.said.join('')).toMatch(/note: \S+ is a test question and a training question/);
  // Every row has been met by the first step; what comes after a resume counts none of them twice.
  const later = await fakeRun({ dir: first.dir, resume: true, set: ['train.steps=3'], ...shared });
  for (const { dir, config, outcome } of [first, later])
    expect(summary(dir, config, outcome)).toContain(
      'accuracy on 4 test questions, 4 of them trained on, avg@2',
    );
  expect(later.said.join('')).not.toContain('note: ');
});
