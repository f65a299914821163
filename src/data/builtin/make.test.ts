import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { DEPENDENCIES } from '../row.ts';
import { SPLITS } from '../split.ts';
import { TASKS } from '../tasks/index.ts';
import { DIFFICULTIES } from '../tasks/shared/difficulty.ts';
import { description, sceneWords } from './describe.ts';
import { makeDataset, makeRow, makeUndrawn, signature, splitOf } from './make.ts';
import { answerIn } from './oracle.testing.ts';
import { solution } from './solution.ts';
import { pieces, VOCABULARY } from './vocabulary.testing.ts';

const seeds = fc.record({ seed: fc.integer(), index: fc.nat(100_000) });

describe('rows of the built-in tasks', () => {
  it('hold the answer that a reader of the problem finds in the scene', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...DEPENDENCIES), ({ seed, index }, dependency) => {
        const row = makeUndrawn(seed, index, { dependency, tasks: TASKS });
        expect([row.problem, answerIn(row.problem, row.meta.scene)]).toEqual([row.problem, row.answer]);
        expect(row.meta.steps.at(-1)!.value).toBe(row.answer);
      }),
      { numRuns: 2000 },
    );
  });

  it('keep scene, question and answer at every dependency level; the words tell more as it falls', () => {
    fc.assert(
      fc.property(seeds, ({ seed, index }) => {
        const [high, medium, low] = DEPENDENCIES.map((dependency) =>
          makeUndrawn(seed, index, { dependency, tasks: TASKS }),
        );
        for (const row of [medium, low]) {
          expect(row.meta.scene).toEqual(high.meta.scene);
          expect(row.meta.question).toEqual(high.meta.question);
          expect(row.answer).toBe(high.answer);
          expect(row.problem.endsWith(high.problem.slice('<image>'.length))).toBe(true);
        }
        expect(low.problem).toContain(sceneWords(low.meta.scene));
        expect(medium.problem).not.toContain(sceneWords(low.meta.scene));
        expect(medium.problem.length).toBeGreaterThan(high.problem.length);
      }),
      { numRuns: 500 },
    );
  });

  it('draw their levels one by one where they are mixed, whatever the task, and are else what that level gives', () => {
    const counts = new Map<string, number>();
    const rows = 6000;
    for (let i = 0; i < rows; i++) {
      const row = makeUndrawn('mixed', i, { tasks: TASKS, dependency: 'mixed' });
      const { task, dependency, difficulty } = row.meta;
      if (i < 300) expect(makeUndrawn('mixed', i, { tasks: TASKS, dependency, difficulty })).toEqual(row);
      for (const key of [`${task} ${dependency}`, `${task} ${difficulty}`])
        counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const shares = { high: 0.6, low: 0.15, easy: 1 / 3, hard: 1 / 3 };
    const each = rows / TASKS.length;
    for (const task of TASKS)
      for (const level of ['high', 'low', 'easy', 'hard'] as const) {
        const n = counts.get(`${task} ${level}`) ?? 0;
        // Five standard deviations.
        const far = 5 * Math.sqrt(each * shares[level] * (1 - shares[level]));
        expect([task, level, Math.abs(n - each * shares[level]) < far]).toEqual([task, level, true]);
      }
  });

  it('have 3-5, 3-9 or 7-12 objects by difficulty, one a cell, and bars of 1-6', () => {
    for (let i = 0; i < 1400; i++) {
      const { scene, difficulty } = makeUndrawn('bounds', i, { tasks: TASKS }).meta;
      const [fewest, most] = { easy: [3, 5], medium: [3, 9], hard: [7, 12] }[difficulty];
      if (scene.kind === 'shapes') {
        const cells = new Set(scene.objects.map((o) => o.row * 4 + o.column));
        expect(cells.size).toBe(scene.objects.length);
        expect(cells.size).toBeGreaterThanOrEqual(fewest);
        expect(cells.size).toBeLessThanOrEqual(most);
      } else if (scene.kind === 'chart') {
        expect(new Set(scene.bars.map((b) => b.color)).size).toBe(4);
        for (const b of scene.bars) expect([1, 2, 3, 4, 5, 6]).toContain(b.height);
      } else expect(scene.angle % 5).toBe(0);
    }
  });

  it('never give the same scene to two splits, whatever the seeds', () => {
    const found = new Map<string, string>();
    for (const [seed, split] of [
      [1, 'train'],
      [1, 'validation'],
      [2, 'test'],
      [2, 'train'],
    ] as const) {
      const seen = new Set<string>();
      for (let i = 0; i < 1400; i++) {
        const { scene } = makeUndrawn(seed, i, { split, seen, tasks: TASKS }).meta;
        const key = signature(scene);
        expect(splitOf(key)).toBe(split);
        expect(found.get(key) ?? split).toBe(split);
        found.set(key, split);
      }
      expect(seen.size).toBe(1400);
    }
  });

  it('are not given away by their text: the commonest answer to each wording is right in under 25 %', () => {
    const answers = new Map<string, Map<string, number>>();
    const [fit, rows] = [20_000, 2000];
    for (let i = 0; i < fit; i++) {
      const { problem, answer } = makeUndrawn('fit', i, { tasks: TASKS });
      const counts = answers.get(problem) ?? new Map<string, number>();
      answers.set(problem, counts.set(answer, (counts.get(answer) ?? 0) + 1));
    }
    const guess = (problem: string) => [...(answers.get(problem) ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0];
    const hits = Object.fromEntries(TASKS.map((t) => [t, 0]));
    for (let i = 0; i < rows; i++) {
      const row = makeUndrawn('held out', i, { tasks: TASKS });
      if (guess(row.problem) === row.answer) hits[row.meta.task]++;
    }
    const right = TASKS.reduce((sum, t) => sum + hits[t], 0) / rows;
    console.info(`text alone: ${(100 * right).toFixed(1)} %`, hits);
    expect(right).toBeLessThan(0.25);
    for (const t of TASKS) expect(hits[t] / (rows / TASKS.length)).toBeLessThan(0.4);
  });

  it.each(DIFFICULTIES)(
    'have no answer to a kind of question that is commoner than others of its level: %s',
    (difficulty) => {
      const answers = new Map<string, Map<string, number>>();
      for (let i = 0; i < 4000; i++) {
        const { meta, answer } = makeUndrawn('level', i, { tasks: TASKS, difficulty });
        const counts = answers.get(meta.question.kind) ?? new Map<string, number>();
        answers.set(meta.question.kind, counts.set(answer, (counts.get(answer) ?? 0) + 1));
      }
      for (const [kind, counts] of answers) {
        const all = [...counts.values()];
        const expected = all.reduce((a, b) => a + b) / all.length;
        // Five standard deviations; the angles that differ by 0 are one pair, by anything else two.
        const angles = kind === 'angle-difference' ? 16 / 15 : 1;
        expect([kind, Math.max(...all) < angles * expected + 5 * Math.sqrt(expected)]).toEqual([kind, true]);
      }
    },
  );

  it('are equal for equal seeds, picture bytes included, and differ otherwise', () => {
    expect(makeRow(5, 3)).toEqual(makeRow(5, 3));
    expect(makeRow(5, 3).meta!.scene).not.toEqual(makeRow(6, 3).meta!.scene);
    const options = { seed: 9, rows: { train: 14, validation: 7, test: 7 } };
    const [a, b] = [makeDataset(options), makeDataset(options)];
    for (const split of SPLITS) expect([...a[split]]).toEqual([...b[split]]);
    expect([...a.train]).toHaveLength(14);
  });

  it('refuse a task that does not exist and rows that are not a number', () => {
    const rows = { train: 1, validation: 1, test: 1 };
    expect(() => makeDataset({ seed: 1, rows, tasks: ['sums'] })).toThrow(
      /no task 'sums'; choose from count/,
    );
    expect(() => makeDataset({ seed: 1, rows, tasks: [] })).toThrow(/none is named; choose from count/);
    expect(() => makeDataset({ seed: 1, rows: { ...rows, test: -1 } })).toThrow(/rows.test: -1/);
  });

  it('use no word outside the vocabulary, which is small', () => {
    expect(VOCABULARY.length).toBeLessThanOrEqual(120);
    const known = new Set(VOCABULARY);
    const used = new Set<string>();
    for (let i = 0; i < 7000; i++) {
      const row = makeUndrawn('words', i, { dependency: 'mixed' });
      const rng = random('words', i);
      const d = description(row.meta.scene, rng);
      for (const p of pieces(`${row.problem} ${solution(row, rng)} ${d.question} ${d.text}`)) used.add(p);
    }
    expect([...used].filter((w) => !known.has(w))).toEqual([]);
    expect(VOCABULARY.filter((w) => !used.has(w))).toEqual([]);
  });
});
