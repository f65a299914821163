import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { DEPENDENCIES, type RowMeta } from '../row.ts';
import { SPLITS } from '../split.ts';
import { TASKS } from '../tasks/index.ts';
import type { SceneObject } from '../tasks/shared/shapes.ts';
import { description, sceneWords } from './describe.ts';
import { makeDataset, makeRow, makeUndrawn, signature, splitOf } from './make.ts';
import { solution } from './solution.ts';
import { pieces, VOCABULARY } from './vocabulary.testing.ts';

const [COLOR, SHAPE, SIDE] = ['red|blue|green|yellow', 'circle|square|triangle', 'left|right|above|below'];
const LANDMARK = `(?:to the )?(${SIDE})(?: of)? the (${COLOR}) (${SHAPE})`;

/** A second way to the answers: reads the words of the problem and the picture's content, not the stored question. */
function oracleAnswer({ problem, meta: { scene } }: { problem: string; meta: RowMeta }): string {
  const objects = scene.kind === 'shapes' ? scene.objects : [];
  const angle = scene.kind === 'angle' ? scene.angle : Number.NaN;
  const many = (phrase: string) =>
    objects.filter((o) =>
      phrase
        .split(' ')
        .every((w) => /^objects?$/.test(w) || w === o.color || w.replace(/s$/, '') === o.shape),
    ).length;
  const bar = (color: string) =>
    (scene.kind === 'chart' ? scene.bars : []).find((b) => b.color === color)!.height;
  const first = (names: string, value: (name: string) => number) => {
    const sorted = names.split('|').sort((a, b) => value(b) - value(a));
    expect(value(sorted[0])).toBeGreaterThan(value(sorted[1]));
    return sorted[0];
  };
  const landmark = (color: string, shape: string) => {
    const found = objects.filter((o) => o.color === color && o.shape === shape);
    expect(found).toHaveLength(1);
    return found[0];
  };
  /** How far `o` lies towards a side of `from`, in cells. */
  const towards = (side: string, o: SceneObject, from: SceneObject): number => {
    const steps: Record<string, number> = {
      left: from.column - o.column,
      right: o.column - from.column,
      above: from.row - o.row,
      below: o.row - from.row,
    };
    return steps[side];
  };
  const apart = (a: SceneObject, b: SceneObject) => Math.abs(a.row - b.row) + Math.abs(a.column - b.column);
  const rules: [string, (...m: string[]) => string | number][] = [
    ['How many more (.+) than (.+) are there', (a, b) => many(a) - many(b)],
    ['How many (.+) and (.+) are there in total', (a, b) => many(a) + many(b)],
    [
      `How many objects are ${LANDMARK}`,
      (side, c, s) => objects.filter((o) => towards(side, o, landmark(c, s)) > 0).length,
    ],
    ['How many (.+) are there', many],
    ['Which color is most common', () => first(COLOR, many)],
    [`Which color is most common among the (${SHAPE})s`, (s) => first(COLOR, (c) => many(`${c} ${s}`))],
    ['Which shape is most common', () => first(SHAPE, many)],
    [
      `Which color is the object directly ${LANDMARK}`,
      (side, c, s) =>
        objects.find((o) => towards(side, o, landmark(c, s)) === 1 && apart(o, landmark(c, s)) === 1)!.color,
    ],
    [`How high is the (${COLOR}) bar`, bar],
    [`How high are the (${COLOR}) and (${COLOR}) bars in total`, (a, b) => bar(a) + bar(b)],
    [`How much higher is the (${COLOR}) bar than the (${COLOR}) bar`, (a, b) => bar(a) - bar(b)],
    ['Which bar is highest', () => first(COLOR, bar)],
    ['Which bar is lowest', () => first(COLOR, (c) => -bar(c))],
    ['How many degrees is the other acute angle', () => 90 - angle],
    ['By how many degrees do the acute angles differ', () => Math.abs(90 - 2 * angle)],
  ];
  for (const [pattern, answer] of rules) {
    const m = new RegExp(`(?:^<image>|[;.] )${pattern}\\?$`).exec(problem);
    if (m) return String(answer(...m.slice(1)));
  }
  throw new Error(`unknown question: ${problem}`);
}

const seeds = fc.record({ seed: fc.integer(), index: fc.nat(100_000) });

describe('rows of the built-in tasks', () => {
  it('hold the answer that a reader of the problem finds in the scene', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(...DEPENDENCIES), ({ seed, index }, dependency) => {
        const row = makeUndrawn(seed, index, { dependency });
        expect(oracleAnswer(row)).toBe(row.answer);
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

  it('have 3-9 objects, one a cell, and bars of 1-6', () => {
    for (let i = 0; i < 1400; i++) {
      const { scene } = makeUndrawn('bounds', i).meta;
      if (scene.kind === 'shapes') {
        const cells = new Set(scene.objects.map((o) => o.row * 4 + o.column));
        expect(cells.size).toBe(scene.objects.length);
        expect(cells.size).toBeGreaterThanOrEqual(3);
        expect(cells.size).toBeLessThanOrEqual(9);
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
      const row = makeUndrawn('words', i, { dependency: DEPENDENCIES[i % 3] });
      const rng = random('words', i);
      const d = description(row.meta.scene, rng);
      for (const p of pieces(`${row.problem} ${solution(row, rng)} ${d.question} ${d.text}`)) used.add(p);
    }
    expect([...used].filter((w) => !known.has(w))).toEqual([]);
    expect(VOCABULARY.filter((w) => !used.has(w))).toEqual([]);
  });
});
