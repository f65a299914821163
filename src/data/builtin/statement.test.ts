import { describe, expect, it } from 'vitest';
import { random } from '../../random.ts';
import { type Scene, TASKS } from '../tasks/index.ts';
import { statement } from './describe.ts';
import { makeUndrawn } from './make.ts';
import { trace } from './trace.ts';
import { pieces, VOCABULARY } from './vocabulary.testing.ts';

const LOOK = '(?:red|blue|green|yellow) (?:circle|square|triangle)';
const PLACE = `(${LOOK}) (?::|is in|at|in)`;
const SIDE = '(?:left|right|above|below)';

/** Whether a statement is true of a picture, by reading its words; undefined for words that are not known. */
function isTrue(text: string, scene: Scene): boolean | undefined {
  const objects = scene.kind === 'shapes' ? scene.objects : [];
  const at = (row: number, column: number) => {
    const o = objects.find((other) => other.row === row - 1 && other.column === column - 1);
    return o ? `${o.color} ${o.shape}` : '.';
  };
  const of = (phrase: string) => {
    const words = phrase.split(' ').map((w) => w.replace(/s$/, ''));
    return objects.filter((o) => words.every((w) => w === 'object' || w === o.color || w === o.shape));
  };
  const along = (axis: string, among = objects) =>
    [0, 1, 2, 3].map((n) => among.filter((o) => (axis === 'row' ? o.row : o.column) === n).length);
  const move: Record<string, [number, number]> = {
    left: [0, -1],
    right: [0, 1],
    above: [-1, 0],
    below: [1, 0],
  };
  const walk = (what: string, row: number, column: number, steps: string) => {
    if (of(what).length !== 1 || at(row, column) !== what) return false;
    let [r, c] = [row, column];
    return steps.split(' . ').every((step) => {
      const [side, seen] = step.split(' : ');
      const [down, right] = move[side];
      r += down;
      c += right;
      return at(r, c) === seen;
    });
  };
  const rules: [string, (...m: string[]) => boolean][] = [
    [`row (\\d) column (\\d) : (${LOOK}|\\.)`, (r, c, seen) => at(Number(r), Number(c)) === seen],
    ['(row|column) (\\d) (?::|has|=) (\\d)', (axis, n, seen) => along(axis)[Number(n) - 1] === Number(seen)],
    [
      '([a-z ]+) by (row|column)s (\\d \\d \\d \\d) (?::|=|so|is) (\\d+)',
      (what, axis, lines, seen) =>
        along(axis, of(what)).join(' ') === lines && of(what).length === Number(seen),
    ],
    [
      `${PLACE} row (\\d) column (\\d)`,
      (what, r, c) => of(what).length === 1 && at(Number(r), Number(c)) === what,
    ],
    [
      `${PLACE} column (\\d) row (\\d)`,
      (what, c, r) => of(what).length === 1 && at(Number(r), Number(c)) === what,
    ],
    [
      `${PLACE} (row|column) (\\d) \\. (${SIDE}) : (\\d+)`,
      (what, axis, n, side, seen) => {
        const [o, ...more] = of(what);
        const [down, right] = move[side];
        const beyond = objects.filter((x) => (x.row - o.row) * down + (x.column - o.column) * right > 0);
        const line = axis === 'row' ? o.row : o.column;
        return more.length === 0 && line === Number(n) - 1 && beyond.length === Number(seen);
      },
    ],
    [
      `${PLACE} row (\\d) column (\\d) \\. (${SIDE} : .*)`,
      (what, r, c, steps) => walk(what, Number(r), Number(c), steps),
    ],
    [
      `${PLACE} column (\\d) row (\\d) \\. (${SIDE} : .*)`,
      (what, c, r, steps) => walk(what, Number(r), Number(c), steps),
    ],
    [
      'angle : (\\d+) \\. 90 - (\\d+) = (\\d+)',
      (a, b, other) =>
        scene.kind === 'angle' && Number(a) === scene.angle && a === b && Number(other) === 90 - scene.angle,
    ],
  ];
  if (scene.kind === 'chart')
    rules.push(
      [
        'bar (\\d) : ([a-z]+) (\\d)',
        (n, color, h) =>
          scene.bars[Number(n) - 1].color === color && scene.bars[Number(n) - 1].height === Number(h),
      ],
      [
        '(?:the )?(red|blue|green|yellow)(?: bar)? (?::|=|is) (\\d)',
        (color, h) => scene.bars.find((b) => b.color === color)?.height === Number(h),
      ],
    );
  else rules.push(['([a-z ]+) [:=] (\\d+)', (what, seen) => of(what).length === Number(seen)]);
  for (const [pattern, holds] of rules) {
    const m = new RegExp(`^${pattern}$`).exec(text);
    if (m) return holds(...m.slice(1));
  }
  return undefined;
}

describe('statements about a picture', () => {
  const said = Array.from({ length: 6000 }, (_, i) => {
    const row = makeUndrawn('statements', i, { tasks: TASKS });
    const parts = statement(random('statement', i), row.meta.scene);
    return { row, parts, text: parts.flat().join(' ') };
  });

  it('are true, whatever is drawn', () => {
    for (const { row, text } of said) expect([text, isTrue(text, row.meta.scene)]).toEqual([text, true]);
  });

  it('are read as facts that are not false, most of them as true ones', () => {
    let read = 0;
    for (const { row, text } of said) {
      // What a question asks for decides from where neighbours are told: here they are told from another object.
      const question = { kind: 'count', of: [{}] } as const;
      const { facts } = trace(`<think> ${text} </think>`, {
        ...row.meta,
        question: { ...question, of: [{}] },
      });
      expect([text, facts.filter((f) => f.isTrue === false)]).toEqual([text, []]);
      if (facts.some((f) => f.isTrue)) read++;
    }
    expect(read / said.length).toBeGreaterThan(0.75);
  });

  it('are of many kinds, in words that the policies of papo know, and ask for what is not there, too', () => {
    const known = new Set(VOCABULARY);
    const kinds = new Map<string, number>();
    for (const { text } of said) {
      expect(pieces(text).filter((w) => !known.has(w))).toEqual([]);
      const kind = text.replace(new RegExp(LOOK, 'g'), 'look').replace(/\d+/g, 'n');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect(kinds.size).toBeGreaterThan(100);
    for (const wanted of [/^look : row n column n \. \w+ : look \. \w+ : look/, /^bar n : \w+ n$/, / : \.$/])
      expect([...kinds.keys()].some((kind) => wanted.test(kind))).toBe(true);
    expect(said.filter(({ text }) => / [:=] 0$/.test(text)).length).toBeGreaterThan(100);
  });
});
