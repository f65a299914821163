import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readJsonl } from '../metrics/jsonl.ts';
import { sampleWords } from '../metrics/samples.ts';
import type { RewardFunction } from '../reward/reward.ts';
import { fakeRows } from '../train/fake-engine.testing.ts';
import { fakeRun } from '../train/loop.testing.ts';
import { summary } from '../train/summary.ts';
import { filesMarkdown } from './files-page.ts';
import { SAMPLES } from './log.ts';

const SHORT = ['train.steps=2', 'validation.every=1', 'test={rows: 4, samples: 2}'];

it('every key of samples.jsonl has its words, and every word its key', async () => {
  const reward: RewardFunction = () => ({
    overall: 0,
    accuracy: 0,
    format: 1,
    unscored: true,
    more: { mine: 1 },
  });
  const used = new Set<string>();
  for (const run of [{ reward }, { set: ['preset=noisy-rollout', 'rollout.samples=8'] }]) {
    const { dir } = await fakeRun({ ...run, set: [...SHORT, ...(run.set ?? [])] });
    for (const line of readJsonl(join(dir, SAMPLES))) for (const key of Object.keys(line)) used.add(key);
  }
  const words = Object.keys(sampleWords).map((key) => key.replace('<name>', 'mine'));
  expect([...used].sort()).toEqual(words.sort());
});

it('is docs/files.md (npx vitest run src/run/files-page.test.ts -u writes it)', async () => {
  await expect(filesMarkdown()).toMatchFileSnapshot('../../docs/files.md');
});

it('test questions are called unseen only where the run was not trained on them', async () => {
  // Another picture, of which the table engine sees the same.
  const other = fakeRows(4).map((row) => ({ ...row, images: [Uint8Array.of(row.images[0][0], 7)] }));
  const apart = await fakeRun({ set: SHORT, test: other });
  expect(apart.outcome.trainedOn).toBe(0);
  expect(summary(apart.dir, apart.config, apart.outcome)).toContain(
    'accuracy on 4 unseen test questions, in %',
  );
  const shared = { rows: fakeRows(8), test: fakeRows(4) };
  const first = await fakeRun({ set: [...SHORT, 'train.steps=1'], ...shared });
  expect(first.said.join('')).toMatch(/note: \S+ is a test question and a training question/);
  // Every row has been met by the first step; what comes after a resume counts none of them twice.
  const later = await fakeRun({ dir: first.dir, resume: true, set: ['train.steps=3'], ...shared });
  for (const { dir, config, outcome } of [first, later])
    expect(summary(dir, config, outcome)).toContain(
      'accuracy on 4 test questions, 4 of them trained on, in %',
    );
  expect(later.said.join('')).not.toContain('note: ');
});
