import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeEngine, fakeRows } from './fake-engine.testing.ts';
import { fakeRun, steadyMetrics } from './loop.testing.ts';
import { summary } from './summary.ts';

describe('the test before and after', () => {
  const set = ['test={rows: 16, samples: 4, viewRows: 12, viewSamples: 2}', 'validation.every=0'];
  const testLines = (dir: string) => steadyMetrics(dir).filter((line) => line.kind === 'test');

  it('asks under every view, and pairs what changed', async () => {
    const { dir, outcome } = await fakeRun({ set });
    const [first, last] = testLines(dir);
    expect(first).toMatchObject({ view_rows: 12, view_samples: 2, kinds_rows: { large: 8, small: 8 } });
    for (const line of [first, last]) {
      const { low, high } = line as Record<string, Record<string, number>>;
      for (const name of [
        'accuracy',
        'greedy',
        'accuracy_masked',
        'greedy_masked',
        'accuracy_blank',
        'greedy_blank',
      ]) {
        expect(line[name], name).toBeTypeOf('number');
        expect(low[name] <= Number(line[name]) && Number(line[name]) <= high[name], name).toBe(true);
      }
      expect(Number(line.kl_prcp)).toBeGreaterThan(line === last ? Number(first.kl_prcp) : -1);
      // The table knows no picture that is all black, or all masked, from another.
      expect(line.accuracy_blank).toBeLessThan(0.6);
    }
    expect(first).not.toHaveProperty('change');
    const { change, change_low, change_high } = last as Record<string, Record<string, number>>;
    expect(change.accuracy).toBeCloseTo(Number(last.accuracy) - Number(first.accuracy), 9);
    expect(change_low.accuracy).toBeGreaterThan(0);
    expect(change_low.accuracy_blank < 0 && change_high.accuracy_blank > 0).toBe(true);
    expect(Object.keys(change)).toContain('kinds_greedy.large');
    expect(last.change_rows).toBe(16);
    // One answer in words for each question, kept for the one that is shown whole.
    expect(outcome.before?.questions.every(({ response }) => response?.includes('boxed'))).toBe(true);
  });

  it('shows the same masked pictures both times, those of the last step, and asks as before without views', async () => {
    const seen: string[] = [];
    const engine = new FakeEngine();
    const sample = engine.sample.bind(engine);
    engine.sample = (prompts, options) => {
      if (options.view === 'masked')
        seen.push(JSON.stringify(prompts.map((p) => [p.id, [...p.views.masked[0].rgb.data]])));
      return sample(prompts, options);
    };
    const { dir } = await fakeRun({ engine, set: [...set, 'train.steps=2'] });
    expect(new Set(seen).size).toBe(seen.length / 4);
    const plain = await fakeRun({ set: [...set, 'train.steps=2', 'test.views=[]'] });
    testLines(plain.dir).forEach((line, i) => {
      expect(line).not.toHaveProperty('kl_prcp');
      for (const name of ['accuracy', 'greedy', 'kinds']) expect(line[name]).toEqual(testLines(dir)[i][name]);
    });
  });

  it('says that nothing was asked where that is so', async () => {
    const { dir, config, outcome } = await fakeRun({ set: ['test.rows=0', 'train.steps=1'] });
    expect(summary(dir, config, outcome)).toContain(
      'accuracy was not measured: no test questions were asked',
    );
  });

  it('leaves questions without a picture out of the other views', async () => {
    const test = fakeRows(16, 2000).map((row, i) =>
      i % 4 ? row : { ...row, images: [], problem: 'Which?' },
    );
    const { dir } = await fakeRun({ set: [...set, 'train.steps=1'], test });
    for (const line of testLines(dir)) expect(line).toMatchObject({ rows: 16, view_rows: 9 });
    const bare = await fakeRun({
      set: [...set, 'train.steps=1'],
      test: test.filter((row) => row.images.length === 0),
    });
    for (const line of testLines(bare.dir)) {
      expect(line).toMatchObject({ rows: 4 });
      for (const name of ['view_rows', 'kl_prcp', 'accuracy_masked', 'greedy_blank'])
        expect(line).not.toHaveProperty(name);
    }
  });

  it('compares nothing where the state is of a version that kept only means', async () => {
    const { dir } = await fakeRun({ set: [...set, 'train.steps=4'] });
    const file = join(dir, 'checkpoints', 'step-000004', 'state.json');
    const { sha256: _, files: __, ...state } = JSON.parse(readFileSync(file, 'utf8'));
    const means = { sampled: 0.2, greedy: 0.3 };
    const old = { all: means, kinds: { large: means }, rows: 16, samples: 4, skipped: 0 };
    writeFileSync(file, JSON.stringify({ ...state, before: old }));
    const later = await fakeRun({ dir, resume: true, set: ['train.steps=5'] });
    expect(later.outcome.before).toBeNull();
    expect(testLines(dir).at(-1)).not.toHaveProperty('change');
    expect(summary(dir, later.config, later.outcome)).toContain(
      'nothing is compared: no answers from before the first step are kept',
    );
  });

  it('compares the questions that both asked where a resume asks more', async () => {
    const { dir } = await fakeRun({ set: [...set, 'test.rows=8', 'train.steps=2'] });
    const later = await fakeRun({ dir, resume: true, set: ['test.rows=16', 'train.steps=3'] });
    expect(testLines(dir).at(-1)).toMatchObject({ rows: 16, change_rows: 8 });
    const text = summary(dir, later.config, later.outcome);
    expect(text).toMatch(/accuracy on 8 test questions, \d+ of all 16 trained on/);
    expect(text).toContain('8 further questions were asked only after the last step');
  });
});
