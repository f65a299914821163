/**
 * Wrong responses whose cause is known because it was put in, to measure `trace` against. None of it looks at how
 * responses are traced: a misread picture is another picture, of which a right solution is told; a wrong inference is
 * a right solution of another question about this picture; a slip of arithmetic is carried on through the text.
 */
import type { Random } from '../../random.ts';
import { type Question, type Scene, taskNamed } from '../tasks/index.ts';
import { COLORS, SHAPES } from '../tasks/shared/names.ts';
import { SIDES } from '../tasks/shared/sides.ts';
import type { UndrawnRow } from './make.ts';
import { OTHER_QUESTIONS } from './plant-questions.testing.ts';
import { solution } from './solution.ts';
import type { Cause } from './trace.ts';

export type PlantedKind = Exclude<Cause, 'right'>;

const PLANTERS: Record<PlantedKind, (row: UndrawnRow, rng: Random) => string | undefined> = {
  perception: misread,
  calculation: miscalculated,
  reasoning: (row, rng) =>
    rng.int(3) === 0 ? (wrongWinner(row, rng) ?? elsewhere(row, rng)) : elsewhere(row, rng),
  inconsistency: contradicted,
  unreadable,
};

export const PLANTED = Object.keys(PLANTERS) as PlantedKind[];

/** Undefined where an error of this kind cannot be made of the row in some tries: a single count has no arithmetic. */
export function plant(kind: PlantedKind, row: UndrawnRow, rng: Random): string | undefined {
  for (let attempt = 0; attempt < 40; attempt++) {
    const response = PLANTERS[kind](row, rng);
    if (response !== undefined && boxOf(response) !== row.answer)
      return rng.int(2) === 0 ? response : inProse(response);
  }
  return undefined;
}

const boxOf = (response: string) => /\\boxed\{(.*)\}/.exec(response)?.[1];

/** The same in sentences, as policies write that were not taught on spaced words. */
const inProse = (response: string) =>
  response
    .replace(/ ([.,:])/g, '$1')
    .replace(/(^<think> |\. )([a-z])/g, (_, before, letter) => before + letter.toUpperCase())
    .replace(/ ([+=]) /g, (_, sign) => (response.length % 2 === 0 ? sign : ` ${sign} `));

function solved(row: UndrawnRow, question: Question, scene: Scene, rng: Random, task = row.meta.task) {
  const steps = taskNamed(task).solve(question, scene);
  return steps && solution({ meta: { ...row.meta, task, question, scene, steps } }, rng);
}

/** A right solution for a picture that differs in one or two things; now and then it then miscalculates, too. */
function misread(row: UndrawnRow, rng: Random): string | undefined {
  const { meta } = row;
  let { scene } = meta;
  for (let n = 1 + rng.int(2); n > 0; n--) scene = changed(scene, rng);
  const steps = taskNamed(meta.task).solve(meta.question, scene);
  if (!steps) return undefined;
  const answer = steps[steps.length - 1].value;
  const seen = { ...row, answer, meta: { ...meta, scene, steps } };
  if (answer === row.answer) return undefined;
  return (rng.int(4) === 0 ? miscalculated(seen, rng) : undefined) ?? solution(seen, rng);
}

function changed(scene: Scene, rng: Random): Scene {
  if (scene.kind === 'angle') return { ...scene, angle: 5 * (2 + rng.int(15)) };
  if (scene.kind === 'chart') {
    const at = rng.int(scene.bars.length);
    return {
      ...scene,
      bars: scene.bars.map((bar, i) => (i === at ? { ...bar, height: 1 + rng.int(6) } : bar)),
    };
  }
  const { objects } = scene;
  const at = rng.int(objects.length);
  const free = Array.from({ length: 16 }, (_, i) => ({ row: i >> 2, column: i % 4 })).filter(
    (c) => !objects.some((o) => o.row === c.row && o.column === c.column),
  );
  const look = { color: rng.pick(COLORS), shape: rng.pick(SHAPES) };
  const way = rng.int(5);
  if (way === 0) return { ...scene, objects: objects.filter((_, i) => i !== at) };
  if (way === 1 && free.length > 0) {
    return { ...scene, objects: [...objects, { ...look, ...rng.pick(free), radius: 9 }] };
  }
  const one =
    way === 2
      ? { color: look.color }
      : way === 3 || free.length === 0
        ? { shape: look.shape }
        : rng.pick(free);
  return { ...scene, objects: objects.map((o, i) => (i === at ? { ...o, ...one } : o)) };
}

/** A right solution of another question about the same picture. */
function elsewhere(row: UndrawnRow, rng: Random): string | undefined {
  const { question, scene } = row.meta;
  const other = OTHER_QUESTIONS[question.kind](question as never, scene, rng);
  return other && solved(row, other.question, scene, rng, other.task);
}

/** What is compared is seen rightly, and another is called the most. */
function wrongWinner(row: UndrawnRow, rng: Random): string | undefined {
  const { task, question, scene, steps } = row.meta;
  if (!/^(most|highest|lowest) :/.test(steps[steps.length - 1].text)) return undefined;
  const names =
    question.kind === 'busiest' ? ['1', '2', '3', '4'] : question.kind === 'most-shape' ? SHAPES : COLORS;
  const wrong = rng.pick(names.filter((name) => name !== row.answer));
  const said = taskNamed(task).explain(rng, question, scene, wrong);
  return `<think> ${[...said, ...(rng.int(2) === 0 ? [`so ${wrong}`] : [])].join(' . ')} </think> \\boxed{${wrong}}`;
}

/** One result is off by a little; what is worked out from it follows. */
function miscalculated(row: UndrawnRow, rng: Random): string | undefined {
  const right = solution(row, rng);
  const [think] = right.split(' </think>');
  const results =
    /(\d+) (\+|-|plus|minus) (\d+) (=|is) (\d+)|(?<=rows|columns)((?: \d){4} (?::|=|so|is) )(\d+)/g;
  const all = [...think.matchAll(results)];
  const sides = sidesTotal(think, row, rng);
  if (all.length === 0) return sides;
  const at = rng.int(all.length);
  let seen = -1;
  let renamed: [string, string] | undefined;
  let last = row.answer;
  const carry = (n: string) => {
    if (renamed?.[0] !== n) return n;
    const [, to] = renamed;
    renamed = undefined;
    return to;
  };
  const slip = (value: number) => String(Math.max(0, value + rng.pick([-2, -1, 1, 2, 10])));
  const said = think.replace(
    new RegExp(`${results.source}|((?:other|angle) (?::|=|is) )(\\d+)`, 'g'),
    (whole, a, sign, b, equals, c, lines, total, other, value) => {
      if (other !== undefined) return renamed && renamed[0] === value ? `${other}${renamed[1]}` : whole;
      seen++;
      const was = lines === undefined ? c : total;
      const [left, right] = lines === undefined ? [carry(a), carry(b)] : ['', ''];
      const isPlus = sign === '+' || sign === 'plus';
      const follows =
        lines === undefined
          ? String(isPlus ? Number(left) + Number(right) : Number(left) - Number(right))
          : total;
      const result = seen === at ? slip(Number(follows)) : follows;
      if (result !== was) renamed = [was, result];
      last = result;
      return lines === undefined ? `${left} ${sign} ${right} ${equals} ${result}` : `${lines}${result}`;
    },
  );
  if (/- -|= -|is -/.test(said)) return undefined;
  return `${concluding(said, row.answer, last)} </think> \\boxed{${last}}`;
}

/** `column 3 : 2 . column 4 : 1 . right of it : 4`: rows or columns that were counted rightly, and a total that is not theirs. */
function sidesTotal(think: string, row: UndrawnRow, rng: Random): string | undefined {
  const { question } = row.meta;
  if (question.kind !== 'side' || (think.match(/(row|column) \d (:|has|=) \d/g) ?? []).length < 2)
    return undefined;
  const total = String(Math.max(0, Number(row.answer) + rng.pick([-1, 1, 2])));
  const side = SIDES.join('|');
  const said = think
    .replace(new RegExp(`((?:${side})(?: of)?(?: it)? [:=] )\\d+`), `$1${total}`)
    .replace(new RegExp(`\\d+( (?:is |are )?(?:${side}))`), `${total}$1`);
  return `${concluding(said, row.answer, total)} </think> \\boxed{${total}}`;
}

const CONCLUDED = /((?:\. |<think> )(?:so|answer :|the answer is|it is|that is) )([a-z]+|\d+)$/;

const concluding = (think: string, was: string, now: string) =>
  think.replace(CONCLUDED, (whole, before, value) => (value === was ? `${before}${now}` : whole));

/** Right steps, and a box that holds something else; the words before the box may already say it. */
function contradicted(row: UndrawnRow, rng: Random): string {
  const { answer, meta } = row;
  const others: readonly string[] = /^\d+$/.test(answer)
    ? [Number(answer) + 1, Number(answer) + 2, Math.max(0, Number(answer) - 1)].map(String)
    : (SHAPES as readonly string[]).includes(answer)
      ? SHAPES
      : COLORS;
  const wrong = rng.pick(others.filter((name) => name !== answer));
  const [think] = solution({ meta }, rng).split(' </think>');
  const isSaid = CONCLUDED.test(think) && rng.int(3) === 0;
  return `${isSaid ? concluding(think, answer, wrong) : think} </think> \\boxed{${wrong}}`;
}

/** Nothing that could be checked, with or without a box. */
function unreadable(row: UndrawnRow, rng: Random): string {
  const opener = rng.pick(['look .', 'let me see .', 'i count .', 'the of is .', 'is is is', '']);
  const wrong = /^\d+$/.test(row.answer) ? String(Number(row.answer) + 1) : 'purple';
  if (rng.int(2) === 0) return `<think> ${opener} </think> \\boxed{${wrong}}`;
  return solution(row, rng).replace(/(<\/think> )?\\boxed.*$/, '');
}
