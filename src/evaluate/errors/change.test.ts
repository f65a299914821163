import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import type { AnswerLine, Evaluation } from '../files.ts';
import { changesOf, countsOf, ratioInterval, relativeInterval } from './change.ts';
import { allOf, drawnOf } from './draw.ts';
import { evaluationOf, lineOf, withCauses } from './errors.testing.ts';
import { isSortedKind, SORTED, type SortedKind } from './kinds.ts';
import { answersOf, idOf, sharedQuestions } from './wrong.ts';

/** As the lines' own causes have it. */
const sortingOf = (evaluations: readonly Evaluation[]) =>
  new Map(
    evaluations.flatMap(({ questions }) =>
      questions
        .flatMap(answersOf)
        .flatMap((line): [string, SortedKind][] =>
          line.cause !== undefined && isSortedKind(line.cause) ? [[idOf(line), line.cause]] : [],
        ),
    ),
  );

const changed = (...evaluations: Evaluation[]) =>
  changesOf(allOf(sharedQuestions(evaluations)), 1, sortingOf(evaluations));

describe('before and after', () => {
  it("states the paper's figure both ways: 61 of 200 and 61 of 134", () => {
    const before = withCauses('before', 400, {
      perception: 134,
      reasoning: 49,
      calculation: 10,
      inconsistency: 7,
    });
    const after = withCauses('after', 400, { perception: 73 });
    // The later errors of other kinds are those to the same questions as before.
    const lines = after.questions.map((q, at) =>
      at < 134 ? q.sampled_K[0] : before.questions[at].sampled_K[0],
    );
    const found = changed(before, evaluationOf('after', lines));
    expect(found.perception.before).toBe(134);
    expect(found.perception.after).toBe(73);
    expect(found.perception.ofAll.value).toBeCloseTo(-0.305, 12);
    expect(found.perception.ofKind.value).toBeCloseTo(-61 / 134, 12);
    expect(found.perception.clear).toBe(true);
    expect(found.reasoning).toMatchObject({ before: 49, after: 49, clear: false });
    expect(found.reasoning.ofAll.value).toBe(0);
    expect(found.all.ofAll.value).toBeCloseTo(-0.305, 12);
    const { low, high } = found.perception.ofAll;
    expect(low).toBeLessThan(-0.305);
    expect(high).toBeGreaterThan(-0.305);
    expect(high).toBeLessThan(0);
  });

  it('calls nothing a change whose interval holds 0, nor one that few questions show', () => {
    const before = withCauses('before', 200, { perception: 30 });
    expect(changed(before, before).perception).toMatchObject({ clear: false, ofAll: { value: 0 } });
    const five = evaluationOf(
      'after',
      before.questions.map((q, at) => (at < 5 ? lineOf({ at }) : q.sampled_K[0])),
    );
    expect(changed(before, five).perception.clear).toBe(false);
    const all = evaluationOf(
      'after',
      before.questions.map((_, at) => lineOf({ at })),
    );
    expect(changed(before, all).perception).toMatchObject({ clear: true, ofKind: { value: -1, low: -1 } });
    expect(changed(all, before).perception.ofKind.value).toBeNaN();
    expect(changed(all, before).perception.clear).toBe(false);
    expect(changed(before, all).perception.ofKind.high).toBeGreaterThan(-1);
  });

  it('averages the answers of a question first: asking each twice as often changes no number', () => {
    const twice = ({ dir, questions }: Evaluation) =>
      evaluationOf(
        dir,
        questions.flatMap(({ sampled_K: [line] }) => [line, { ...line, sample: 1 }]),
      );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(undefined, ...SORTED), { minLength: 5, maxLength: 40 }),
        fc.nat(),
        (causes, seed) => {
          const make = (dir: string, all: readonly (string | undefined)[]) =>
            evaluationOf(
              dir,
              all.map((cause, at) => lineOf({ at, ...(cause && { cause }) })),
            );
          const [a, b] = [make('a', causes), make('b', random(seed).shuffle(causes))];
          expect(changed(twice(a), twice(b))).toEqual(changed(a, b));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('counts answers without a box by their verdict, and failed ones not at all', () => {
    const of = (more: Partial<AnswerLine>) => lineOf({ at: 0, cause: 'perception', ...more });
    const draw = (line: AnswerLine) => allOf(sharedQuestions([evaluationOf('x', [line, lineOf({ at: 1 })])]));
    expect(countsOf(draw(of({ verdict: 'no box' })), 0, new Map()).kinds['no answer'].count).toBe(1);
    expect(countsOf(draw(of({})), 0, new Map()).kinds.unsorted.count).toBe(1);
    expect(countsOf(draw(of({ verdict: 'failed' })), 0, new Map())).toMatchObject({ questions: 1, wrong: 0 });
  });
});

describe('the interval of a ratio', () => {
  it('holds the truth about 95 times in 100, for many errors and for few', () => {
    for (const [p, q] of [
      [0.5, 0.35],
      [0.04, 0.02],
    ]) {
      let held = 0;
      const tries = 500;
      for (let t = 0; t < tries; t++) {
        const rng = random('coverage', p, t);
        const parts = Array.from({ length: 250 }, (_, i) => {
          // What is hard for one is hard for the other.
          const shared = rng.next();
          const before = Number((rng.next() < 0.5 ? shared : rng.next()) < p);
          const after = Number((rng.next() < 0.5 ? shared : rng.next()) < q);
          return { cluster: String(i), before, after };
        });
        const { low, high } = relativeInterval(parts);
        if (low <= q / p - 1 && q / p - 1 <= high) held++;
      }
      console.info(`p ${p}: held ${((100 * held) / tries).toFixed(1)} %`);
      expect(held / tries).toBeGreaterThan(0.92);
      expect(held / tries).toBeLessThan(0.995);
    }
  });

  it('is wider where questions come from fewer sources', () => {
    const parts = Array.from({ length: 200 }, (_, i) => ({ over: Number(i % 8 < 4), under: 1, i }));
    const of = (cluster: (i: number) => number) =>
      ratioInterval(
        parts.map((part) => ({ ...part, cluster: String(cluster(part.i)) })),
        [],
      );
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(of((i) => Math.floor(i / 4)))).toBeGreaterThan(1.8 * width(of((i) => i)));
  });
});

describe('a draw', () => {
  const mixed = (dir: string) =>
    evaluationOf(
      dir,
      Array.from({ length: 900 }, (_, at) =>
        lineOf({ at, suite: at < 600 ? 'big' : 'small', ...(at % 3 > 0 && { cause: 'reasoning' }) }),
      ),
    );

  it('takes questions from each suite in proportion until enough answers of the first are wrong', () => {
    const shared = sharedQuestions([mixed('a'), withCausesOf('b')]);
    const { questions } = drawnOf(shared, 100, '7');
    const wrong = questions.filter(({ answers_EK }) => answers_EK[0][0].verdict === 'wrong');
    expect(wrong).toHaveLength(100);
    expect(questions.length).toBeGreaterThan(120);
    const small = questions.filter(({ answers_EK }) => answers_EK[0][0].suite === 'small').length;
    expect(Math.abs(small - questions.length / 3)).toBeLessThanOrEqual(2);
  });

  it('is equal for equal seeds, and a larger one begins with a smaller one', () => {
    const shared = sharedQuestions([mixed('a')]);
    const keys = (limit: number, seed: string) =>
      drawnOf(shared, limit, seed).questions.map(({ answers_EK }) => answers_EK[0][0].key);
    expect(keys(50, '1')).toEqual(keys(50, '1'));
    expect(keys(50, '1')).not.toEqual(keys(50, '2'));
    expect(keys(200, '1').slice(0, keys(50, '1').length)).toEqual(keys(50, '1'));
    expect(drawnOf(shared, 1e6, '1').questions).toHaveLength(900);
  });

  const withCausesOf = (dir: string) =>
    evaluationOf(
      dir,
      Array.from({ length: 900 }, (_, at) => lineOf({ at, suite: at < 600 ? 'big' : 'small' })),
    );
});
