import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import golden from '../../../test/golden/statistics/golden.json' with { type: 'json' };
import { random } from '../../random.ts';
import { smallestDifference } from '../../significance.ts';
import { isClear, standardError, tInterval } from '../../statistics.ts';
import { type EvalSettings, type Evaluation, readEvaluation } from '../files.ts';
import { metricsOf } from '../metrics.ts';
import { compare, type Row } from './compare.ts';
import { drawnQuestions, type MadeQuestion, type MadeSuite, writeEvaluation } from './evaluations.testing.ts';

const root = mkdtempSync(join(tmpdir(), 'papo-compare-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const made = (suites: readonly MadeSuite[], settings?: Partial<EvalSettings>): Evaluation =>
  readEvaluation(writeEvaluation(join(root, `e${count++}`), suites, settings));
const one = (questions: readonly MadeQuestion[], more: Partial<MadeSuite> = {}) =>
  made([{ name: 's', questions, ...more }]);

const near = (found: number | null | undefined, right: number) =>
  expect(Math.abs((found ?? Number.NaN) - right), `${found} for ${right}`).toBeLessThan(1e-9);

function rowOf(rows: readonly Row[], measure: string, group: Row['group'] = 'suite', name?: string): Row {
  const row = rows.find(
    (r) => r.measure === measure && r.group === group && (name === undefined || r.name === name),
  );
  if (!row) throw new Error(`no ${measure} of ${group}`);
  return row;
}

/** The golden example as two evaluations. */
function example(
  { k, before, after, greedy, clusters }: (typeof golden.compared)[number],
  clustered: boolean,
) {
  const side = (values: readonly number[], likeliest: readonly number[]) =>
    one(
      values.map((value, i) => ({
        key: `q${i}`,
        scores: Array.from({ length: k }, (_, j) => Number(j < Math.round(value * k))),
        greedy: likeliest[i],
        ...(clustered && { cluster: clusters[i] }),
      })),
    );
  return [side(before, greedy[0]), side(after, greedy[1])];
}

describe('a difference', () => {
  it('is as scipy and statsmodels have it', () => {
    for (const right of golden.compared) {
      const { rows } = compare(example(right, false)).compared[0];
      const row = rowOf(rows, 'accuracy');
      near(row.value, right.value);
      near(row.se, right.se);
      near(row.p, right.permutation);
      near(row.smallest, right.smallest);
      expect(row.exact).toBe(true);
      const { mcnemar, p } = rowOf(rows, 'greedy');
      near(mcnemar?.exact, right.mcnemar);
      near(p, right.mcnemar);
    }
    // Of which more than 30 changed, so that the interval is Student's.
    const [, large] = golden.compared;
    const row = rowOf(compare(example(large, false)).compared[0].rows, 'accuracy');
    near(row.low, large.t[0]);
    near(row.high, large.t[1]);
    expect(Math.abs((row.bootstrap.low ?? 0) - large.t[0])).toBeLessThan(0.01);
    expect(Math.abs((row.bootstrap.high ?? 0) - large.t[1])).toBeLessThan(0.01);
  });

  it('has the error between sources where questions share one', () => {
    for (const right of golden.compared) {
      const row = rowOf(compare(example(right, true)).compared[0].rows, 'accuracy');
      const { value, se, low, high } = right.clustered;
      near(row.value, value);
      near(row.se, se);
      near(row.low, low);
      near(row.high, high);
      expect(row.clusters).toBe(new Set(right.clusters).size);
    }
  });

  it('has both sides as the evaluations themselves report them', () => {
    const [a, b] = ['a', 'b'].map((policy) => one(drawnQuestions(30, { of: 'both', policy, k: 4 })));
    const { rows } = compare([a, b]).compared[0];
    for (const measure of ['accuracy', 'greedy', 'format', 'truncated', 'tokens'] as const) {
      near(rowOf(rows, measure).before, metricsOf(a.questions)[measure].value ?? Number.NaN);
      near(rowOf(rows, measure).after, metricsOf(b.questions)[measure].value ?? Number.NaN);
    }
  });

  it('is found 4 times in 5 where it is the smallest that the questions can show', () => {
    const { normal } = random('power');
    const n = 250;
    const true_ = smallestDifference(0.4 / Math.sqrt(n));
    let found = 0;
    const times = 600;
    for (let t = 0; t < times; t++)
      found += Number(isClear(tInterval(Array.from({ length: n }, () => true_ + 0.4 * normal()))));
    expect(found / times).toBeGreaterThan(0.75);
    expect(found / times).toBeLessThan(0.85);
  });
});

describe('a comparison', () => {
  const suites = (policy: string, lift: number): MadeSuite[] => [
    {
      name: 'shapes',
      group: 'general',
      questions: drawnQuestions(120, {
        of: 'shapes',
        policy,
        lift,
        more: (i) => ({
          task: ['count', 'read', 'rare'][i < 4 ? 2 : i % 2],
          dependency: i % 3 === 0 ? 'high' : 'low',
        }),
      }),
    },
    {
      name: 'logic',
      group: 'vision',
      notes: ['a part of shapes'],
      questions: drawnQuestions(90, { of: 'logic', policy, lift, more: (i) => ({ cluster: `c${i % 30}` }) }),
    },
  ];
  const [a, b, c] = [made(suites('a', 0)), made(suites('b', 0.15)), made(suites('c', 0))];

  it('has a row for every group: suites, their means, all questions, tasks, levels', () => {
    const { rows } = compare([a, b], { resamples: 50 }).compared[0];
    const groups = rows
      .filter(({ measure }) => measure === 'accuracy')
      .map(({ group, name, suite }) => [group, name, suite].join(' ').trim());
    expect(groups).toEqual([
      'mean all',
      'pooled all',
      'suite shapes',
      'suite logic',
      'task count shapes',
      'task read shapes',
      'dependency high',
      'dependency low',
    ]);
    // 4 questions can show nothing, and what is of form is not shown by task.
    expect(rows.filter(({ measure, group }) => measure === 'format' && group === 'task')).toEqual([]);
    expect(rows.some(({ measure }) => measure === 'characters')).toBe(false);
  });

  it('averages suites unweighted, and pools questions weighted', () => {
    const { rows, relative } = compare([a, b], { resamples: 50 }).compared[0];
    const [shapes, logic] = ['shapes', 'logic'].map((name) => rowOf(rows, 'accuracy', 'suite', name));
    const mean = rowOf(rows, 'accuracy', 'mean', 'all');
    near(mean.value, (shapes.value + logic.value) / 2);
    near(mean.before, (shapes.before + logic.before) / 2);
    near(mean.se, Math.hypot(shapes.se ?? 0, logic.se ?? 0) / 2);
    near(rowOf(rows, 'accuracy', 'pooled').value, (120 * shapes.value + 90 * logic.value) / 210);
    expect([mean.suites, logic.clusters, rowOf(rows, 'accuracy', 'pooled').clusters]).toEqual([2, 30, 150]);
    const gain = relative.find(({ measure, name }) => measure === 'accuracy' && name === 'all');
    near(gain?.value, (shapes.value / shapes.before + logic.value / logic.before) / 2);
    expect(gain?.low).toBeLessThan(gain?.value ?? 0);
  });

  it('finds what is there, and calls nothing a gain that is not', () => {
    const found = compare([a, b, c]);
    expect(found.compared.map(({ before, after }) => [before, after])).toEqual([
      [0, 1],
      [0, 2],
    ]);
    const { overall, parts, form } = found.families;
    expect(overall + parts + form).toBe(found.compared[0].rows.length + found.compared[1].rows.length);
    // 2 ways × (mean, pooled, 2 suites) of 2 pairs; 2 ways × (2 tasks, 2 levels); 3 measures.
    expect([overall, parts, form]).toEqual([16, 16, 24]);
    const [lifted, same] = found.compared.map(({ rows }) => rowOf(rows, 'accuracy', 'mean', 'all'));
    expect([lifted.verdict, same.verdict]).toEqual(['up', 'unclear']);
    expect(lifted.corrected).toBeLessThan(0.01);
    for (const row of found.compared.flatMap(({ rows }) => rows)) {
      expect(row.corrected).toBeGreaterThanOrEqual(row.p);
      if (row.corrected > 0.05) expect(row.verdict).toBe('unclear');
    }
    expect(
      compare([b, a], { resamples: 50 }).compared[0].rows.find(({ group }) => group === 'mean')?.verdict,
    ).toBe('down');
  });

  it('raises a false alarm in a family at most once in 20 times', () => {
    const alarms = { overall: 0, parts: 0 };
    const times = 120;
    for (let t = 0; t < times; t++) {
      const [x, y] = [0, 1].map((side) => {
        const questions = drawnQuestions(40, {
          of: `null ${t}`,
          policy: `${side}`,
          k: 4,
          more: (i) => ({ task: i % 2 === 0 ? 'even' : 'odd' }),
        });
        return one(questions);
      });
      const { rows } = compare([x, y], { resamples: 2 }).compared[0];
      for (const family of ['overall', 'parts'] as const)
        alarms[family] += Number(rows.some((row) => row.family === family && row.verdict !== 'unclear'));
    }
    // Of 120 with a chance of 1 in 20 each more than 13 are seen less than once in a hundred times.
    expect(Math.max(alarms.overall, alarms.parts)).toBeLessThanOrEqual(13);
  });

  it('holds each against each where asked, and is the same each time', () => {
    const all = compare([a, b, c], { allPairs: true, resamples: 50 });
    expect(all.compared.map(({ before, after }) => `${before}${after}`)).toEqual(['01', '02', '12']);
    expect(compare([a, b, c], { allPairs: true, resamples: 50 })).toEqual(all);
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
  });

  it('of an evaluation with its own copy finds nothing', () => {
    const { rows, changed } = compare([a, made(suites('a', 0))]).compared[0];
    for (const row of rows) expect([row.value, row.p, row.verdict]).toEqual([0, 1, 'unclear']);
    expect(changed).toEqual({ gained: [], lost: [] });
  });
});

describe('what cannot be compared', () => {
  const questions = drawnQuestions(10, { of: 'x', policy: 'a', k: 2 });
  const base = one(questions);

  it('is refused in one line that says why', () => {
    const other = one(questions.map((q, i) => (i === 3 ? { ...q, answer: 'other' } : q)));
    expect(() => compare([base, other])).toThrow(
      /question q3 of suite s has the reference 'other', in \S+ '3'; evaluate both on the same files/,
    );
    expect(() => compare([base, one(questions, { scoring: 'choices' })])).toThrow(
      /suite s was scored as choices, in \S+ as authors/,
    );
    expect(() => compare([base, made([{ name: 't', questions }])])).toThrow(
      /no question in common with \S+ \(suites t and s\)/,
    );
    expect(() => compare([base, one(questions.map((q) => ({ ...q, key: `${q.key}x` })))])).toThrow(
      'no question in common',
    );
  });

  it('is warned of where it is not the policy alone', () => {
    const shorter = made(
      [
        {
          name: 's',
          source: 'elsewhere',
          questions: questions.slice(2).map((q, i) => ({
            ...q,
            scores: [i === 0 ? null : 1],
            answer: String((i + 2) % 7),
            question: 'Otherwise?',
          })),
        },
        { name: 'more', questions },
      ],
      {
        samples: 1,
        sampling: { temperature: 0.7, topP: 1, topK: 0, maxTokens: 96 },
        settings: { formatPrompt: 'think', systemPrompt: '', minPixels: 3136, maxPixels: 9999, model: 'b' },
      },
    );
    expect(compare([base, shorter]).compared[0].warnings).toEqual([
      'samples is 2 in one and 1 in the other',
      'sampling.temperature is 1 in one and 0.7 in the other',
      'maxPixels is 12544 in one and 9999 in the other',
      'suite s was read from made for a test and from elsewhere',
      '8 questions of the same key are worded otherwise',
      '2 questions were answered in one of them only and are left out',
      'left out, as only one of them has it: suite more',
      'answers that failed and have no score: 0 in one and 1 in the other',
    ]);
    expect(compare([base, one(questions)]).compared[0].warnings).toEqual([]);
  });

  it('is left out question by question', () => {
    const failed = one(questions.map((q, i) => (i < 4 ? { ...q, scores: [null, null] } : q)));
    const { rows } = compare([base, failed]).compared[0];
    expect([rowOf(rows, 'accuracy').n, rowOf(rows, 'greedy').n]).toEqual([6, 10]);
  });

  it('needs more than one question to be sure of anything', () => {
    const { rows } = compare([one(questions.slice(0, 1)), one([{ ...questions[0], scores: [1, 1] }])])
      .compared[0];
    const row = rowOf(rows, 'accuracy');
    expect([row.se, row.p, row.verdict, row.bootstrap.low]).toEqual([null, 1, 'unclear', null]);
  });
});

describe('the questions that changed most', () => {
  it('come with an answer that shows how', () => {
    const of = (scores: number[][]) => one(scores.map((s, i) => ({ key: `q${i}`, scores: s })));
    const before = of([
      [0, 0],
      [1, 1],
      [1, 0],
      [1, 1],
    ]);
    const after = of([
      [1, 1],
      [1, 0],
      [1, 0],
      [0, 0],
    ]);
    const { gained, lost } = compare([before, after]).compared[0].changed;
    expect(gained.map(({ key }) => key)).toEqual(['q0']);
    expect(lost.map(({ key }) => key)).toEqual(['q3', 'q1']);
    expect([gained[0].answers.before?.verdict, gained[0].answers.after?.verdict]).toEqual(['wrong', 'right']);
    expect([lost[1].answers.before?.verdict, lost[1].answers.after?.verdict]).toEqual(['right', 'wrong']);
  });
});

it('gives equal shares no error where nothing varies', () => {
  expect(standardError([1, 1, 1])).toBe(0);
  const all = (score: number) =>
    one(Array.from({ length: 8 }, (_, i) => ({ key: `q${i}`, scores: [score] })));
  const row = rowOf(compare([all(0), all(1)]).compared[0].rows, 'accuracy');
  expect([row.se, row.smallest, row.value]).toEqual([0, null, 1]);
  near(row.p, 2 / 2 ** 8);
});

it('trusts no few sources that agree', () => {
  const all = (score: number) =>
    one(Array.from({ length: 12 }, (_, i) => ({ key: `q${i}`, scores: [score], cluster: `c${i % 3}` })));
  const row = rowOf(compare([all(0), all(1)]).compared[0].rows, 'accuracy');
  expect([row.clusters, row.se, row.p, row.verdict]).toEqual([3, 0, 0.25, 'unclear']);
  expect(row.low).toBeLessThanOrEqual(0);
});
