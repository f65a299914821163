/**
 * Plants errors of every kind in responses to the built-in tasks and counts what the program makes of each:
 * `npm run check:causes -- --each 2000 --seed 2`. Status 1 where fewer than 98 % of a kind are sorted as what they are.
 */
import { parseArgs } from 'node:util';
import { makeUndrawn } from '../src/data/builtin/make.ts';
import { PLANTED, plant } from '../src/data/builtin/plant.testing.ts';
import { CAUSES, trace } from '../src/data/builtin/trace.ts';
import { TASKS } from '../src/data/tasks/index.ts';
import { DIFFICULTIES } from '../src/data/tasks/shared/difficulty.ts';
import { random } from '../src/random.ts';

const LEAST = 0.98;

const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
  },
});
const each = Number(values.each);

console.log(['planted'.padEnd(15), 'n'.padStart(6), ...CAUSES.map((c) => c.padStart(14))].join(''));
for (const kind of PLANTED) {
  const found = new Map<string, number>();
  let planted = 0;
  for (let i = 0; planted < each; i++) {
    const row = makeUndrawn(values.seed, i, {
      tasks: TASKS,
      difficulty: DIFFICULTIES[i % DIFFICULTIES.length],
    });
    const response = plant(kind, row, random('planted', kind, values.seed, i));
    if (response === undefined) continue;
    planted++;
    const { cause } = trace(response, row.meta);
    found.set(cause, (found.get(cause) ?? 0) + 1);
    if (values.show && cause !== kind) console.log(`  ${cause}: ${row.problem} ${row.answer} | ${response}`);
  }
  console.log(
    [
      kind.padEnd(15),
      String(planted).padStart(6),
      ...CAUSES.map((c) => String(found.get(c) ?? 0).padStart(14)),
    ].join(''),
  );
  if ((found.get(kind) ?? 0) < LEAST * planted) process.exitCode = 1;
}
