import { describe, expect, it } from 'vitest';
import { type Random, random } from '../../random.ts';
import type { RowMeta } from '../row.ts';
import { FACTS, TASKS } from '../tasks/index.ts';
import { tokensOf } from '../tasks/shared/tokens.ts';
import { makeUndrawn } from './make.ts';
import { parseFacts } from './response.ts';
import { solution } from './solution.ts';
import { trace } from './trace.ts';
import { pieces } from './vocabulary.testing.ts';

describe('solutions', () => {
  it('end in the answer, state facts that are all true and parseable, and stay short', () => {
    let longest = 0;
    let total = 0;
    for (let i = 0; i < 7000; i++) {
      const row = makeUndrawn('solutions', i, { tasks: TASKS });
      const text = solution(row, random('solution', i));
      expect(text).toMatch(/^<think> [^<>]+ <\/think> \\boxed\{[a-z0-9]+\}$/);
      const { cause, facts, boxed } = trace(text, row.meta);
      expect([text, cause, boxed]).toEqual([text, 'right', row.answer]);
      expect([text, facts.filter((f) => f.isTrue === false)]).toEqual([text, []]);
      expect([text, facts.some((f) => f.isTrue === true)]).toEqual([text, true]);
      longest = Math.max(longest, pieces(text).length);
      total += pieces(text).length;
    }
    console.info(`solutions: ${(total / 7000).toFixed(1)} pieces on average, ${longest} at most`);
    expect(longest).toBeLessThanOrEqual(60);
  });

  it('state every step of the right solution in one way or another', () => {
    for (let i = 0; i < 700; i++) {
      const { meta } = makeUndrawn('steps', i, { tasks: TASKS });
      const { facts } = parseFacts(meta.steps.map((s) => s.text).join(' . '));
      expect([meta.steps, facts.length]).toEqual([meta.steps, meta.steps.length]);
      const read = trace(`<think> ${meta.steps.map((s) => s.text).join(' . ')} </think>`, meta);
      for (const f of read.facts) expect(f.isTrue).not.toBe(false);
    }
  });

  it('keep 0.35 nats a piece of entropy, bounded from below by how rarely two draws are equal', () => {
    // -log P(two draws are equal) is the Renyi entropy of order 2, which Shannon's is never below.
    const draws = 3000;
    const [nats, length]: Record<string, number>[] = [{}, {}];
    for (let i = 0; i < 70; i++) {
      const row = makeUndrawn('entropy', i, { tasks: TASKS });
      const counts = new Map<string, number>();
      const rng = random('draws', i);
      let sum = 0;
      for (let n = 0; n < draws; n++) {
        const text = solution(row, rng);
        counts.set(text, (counts.get(text) ?? 0) + 1);
        sum += pieces(text).length;
      }
      let equal = 1;
      for (const n of counts.values()) equal += n * (n - 1);
      const { task } = row.meta;
      nats[task] = (nats[task] ?? 0) - Math.log(equal / (draws * (draws - 1)));
      length[task] = (length[task] ?? 0) + sum / draws;
    }
    const total = (of: Record<string, number>) => Object.values(of).reduce((a, b) => a + b, 0);
    const each = Object.keys(nats).map((t) => `${t} ${(nats[t] / length[t]).toFixed(2)}`);
    console.info(
      `entropy: at least ${(total(nats) / total(length)).toFixed(3)} nats a piece (${each.join(', ')})`,
    );
    expect(total(nats) / total(length)).toBeGreaterThan(0.35);
  });
});

/** Counts what each choice could have been: the entropy of the choices that made a text. */
function counting(rng: Random): Random & { nats: number } {
  const out: Random & { nats: number } = {
    ...rng,
    nats: 0,
    pick: (items) => {
      out.nats += entropyOf(items);
      return rng.pick(items);
    },
    int: (n) => {
      out.nats += Math.log(n);
      return rng.int(n);
    },
    shuffle: (items) => {
      for (let n = 2; n <= items.length; n++) out.nats += Math.log(n);
      return rng.shuffle(items);
    },
  };
  return out;
}

/** Of a uniform pick from a list in which equal entries may repeat. */
function entropyOf(items: readonly unknown[]): number {
  const counts = new Map<unknown, number>();
  for (const x of items) counts.set(x, (counts.get(x) ?? 0) + 1);
  return [...counts.values()].reduce((h, n) => h - (n / items.length) * Math.log(n / items.length), 0);
}

describe('variety of wording', () => {
  it('is at least 0.35 nats a piece by the choices that were made', () => {
    let [nats, length] = [0, 0];
    for (let i = 0; i < 2800; i++) {
      const row = makeUndrawn('choices', i, { tasks: TASKS });
      const rng = counting(random('choices', i));
      length += pieces(solution(row, rng)).length;
      nats += rng.nats;
    }
    console.info(`entropy of the choices: ${(nats / length).toFixed(3)} nats a piece`);
    expect(nats / length).toBeGreaterThan(0.35);
  });
});

/** What a wrong response to this question looks like, by the cause that was put into it. */
describe('tracing a wrong answer', () => {
  const find = (wanted: (m: RowMeta) => boolean) => {
    for (let i = 0; ; i++) {
      const row = makeUndrawn('trace', i);
      if (wanted(row.meta)) return row;
    }
  };
  const sum = find((m) => m.task === 'sum');
  const [a, b] = sum.meta.steps.map((s) => Number(s.value));
  const [first, second] = sum.meta.steps.map((s) => s.text);
  const causeOf = (think: string, boxed: number | string) =>
    trace(`<think> ${think} </think> \\boxed{${boxed}}`, sum.meta).cause;

  it('finds perception, calculation, reasoning and inconsistency', () => {
    const wrong = first.replace(/\d+$/, String(a + 1));
    expect(causeOf(`${first} . ${second} . ${a} + ${b} = ${a + b}`, a + b)).toBe('right');
    expect(causeOf(`${wrong} . ${second} . ${a + 1} + ${b} = ${a + b + 1}`, a + b + 1)).toBe('perception');
    expect(causeOf(`${first} . ${second} . ${a} + ${b} = ${a + b + 1}`, a + b + 1)).toBe('calculation');
    expect(causeOf(`${first} . ${second} . ${a} + ${a + b} = ${a + a + b}`, a + a + b)).toBe(
      a ? 'reasoning' : 'right',
    );
    expect(causeOf(`${first} . ${second} . ${a} + ${b} = ${a + b}`, a + b + 1)).toBe('inconsistency');
    expect(causeOf('look .', a + b + 1)).toBe('unreadable');
    expect(trace('<think> so what', sum.meta).cause).toBe('unreadable');
  });

  it('calls a box that departs from its reasoning an inconsistency, in any wording of any task', () => {
    const causes: Record<string, number> = {};
    for (let i = 0; i < 2100; i++) {
      const row = makeUndrawn('mutants', i, { tasks: TASKS });
      const rng = random('mutants', i);
      const good = solution(row, rng);
      const bad = good.replace(
        /\\boxed\{.*\}/,
        `\\boxed{${/\d/.test(row.answer) ? Number(row.answer) + 1 : 'purple'}}`,
      );
      const { cause } = trace(bad, row.meta);
      causes[cause] = (causes[cause] ?? 0) + 1;
    }
    expect(causes).toEqual({ inconsistency: 2100 });
  });

  it('survives any text', () => {
    const bits = [
      '<think>',
      '</think>',
      '\\boxed{',
      '}',
      'red',
      '3',
      '+',
      '=',
      'row',
      'by',
      'left',
      'is',
      'most',
      'so',
      '.',
    ];
    for (let i = 0; i < 3000; i++) {
      const rng = random('noise', i);
      const text = Array.from({ length: rng.int(30) }, () => rng.pick(bits)).join(' ');
      expect(() => trace(text, makeUndrawn('noise', i % 50, { tasks: TASKS }).meta)).not.toThrow();
    }
  });
});

describe('facts', () => {
  const read = (text: string) => parseFacts(text).facts;
  it('are read in every form that solutions use', () => {
    expect(read('<think> red circles by rows 1 0 2 0 : 3 </think>')).toEqual([
      { kind: 'lines', entity: { color: 'red', shape: 'circle' }, axis: 'row', values: [1, 0, 2, 0] },
      { kind: 'amount', entity: { color: 'red', shape: 'circle' }, bar: false, value: 3 },
    ]);
    expect(read('red:3. i see 2 blue objects, 3+2=5')).toEqual([
      { kind: 'amount', entity: { color: 'red' }, bar: false, value: 3 },
      { kind: 'amount', entity: { color: 'blue' }, bar: false, value: 2 },
      { kind: 'arithmetic', left: 3, op: '+', right: 2, value: 5 },
    ]);
    expect(read('the blue triangle is in row 2 column 3 . left of it : a red square . so red')).toEqual([
      { kind: 'place', entity: { color: 'blue', shape: 'triangle' }, row: 2, column: 3 },
      { kind: 'neighbor', side: 'left', entity: { color: 'red', shape: 'square' } },
      { kind: 'conclusion', value: 'red' },
    ]);
    expect(read('4 are below it . column 2 has 1 . the yellow bar is 6 high . so most is red')).toEqual([
      { kind: 'side', side: 'below', value: 4 },
      { kind: 'line', axis: 'column', at: 2, value: 1 },
      { kind: 'amount', entity: { color: 'yellow' }, bar: true, value: 6 },
      { kind: 'extreme', extreme: 'most', value: 'red' },
    ]);
    expect(
      read('it is marked 35 . right angle : 90 . so 90 minus 35 is 55 . the other angle : 55 . i see 35'),
    ).toEqual([
      { kind: 'angle', which: 'marked', value: 35 },
      { kind: 'angle', which: 'right', value: 90 },
      { kind: 'arithmetic', left: 90, op: '-', right: 35, value: 55 },
      { kind: 'angle', which: 'other', value: 55 },
      { kind: 'angle', which: 'marked', value: 35 },
    ]);
  });

  it('are read in one way at most, so that the order of tasks is of no account', () => {
    const others = FACTS.filter(({ kind }) => kind !== 'conclusion').flatMap(({ readings }) => readings);
    let read = 0;
    for (let i = 0; i < 2000; i++) {
      const rng = random('one way', i);
      const words = solution(makeUndrawn('one way', i, { tasks: TASKS }), rng).split(' ');
      // Right as it is, and with words in other places.
      for (const text of [words, words.map((w) => (rng.int(4) === 0 ? rng.pick(words) : w))]) {
        const t = tokensOf(text.join(' '));
        for (let at = 0; at < t.length; at++) {
          const found = others.flatMap((reading) => reading(t, at) ?? []);
          expect([t.slice(at).join(' '), found.slice(1)]).toEqual([t.slice(at).join(' '), []]);
          read += found.length;
        }
      }
    }
    expect(read).toBeGreaterThan(10_000);
  });

  it('take the last box', () => {
    expect(parseFacts('\\boxed{1} then \\boxed{ Red }').boxed).toBe('red');
    expect(parseFacts('no box').boxed).toBeUndefined();
  });
});
