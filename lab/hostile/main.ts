/**
 * `npm run hostile`: hostile inputs of every format, by the seed. Prints what was tried and what got through, and ends
 * with status 1 if anything did. A command, not a test: it takes minutes.
 *
 *   --only KIND[,KIND]   settings, rows, pictures, policies, functions, runs, signals, grader, disk, privacy
 *   --match TEXT         cases whose name holds it
 *   --seed SEED          of the cases that are drawn
 *   --list               names the cases
 *   --verbose            each case's time and memory, and what it said
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryCalls } from './calls.ts';
import { type CallCase, type Case, isCall, KINDS, type ProcessCase, type Verdict } from './case.ts';
import { allCases } from './cases/index.ts';
import { isBuilt, ROOT, tryProcess } from './process.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    match: { type: 'string' },
    seed: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

/** Seconds that `papo config` takes on the quiet machine that the bounds were set for. */
const QUIET = 0.55;

/** Bounds grow with the load no further than this: what goes on and on has to be seen. */
const MOST_SLOW = 12;

/** How much slower this machine is now, beside what runs; never less than 1. */
async function slowness(): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'papo.js'), 'config', '--bare'], {
    stdio: 'ignore',
  });
  await new Promise((done) => child.on('close', done));
  return Math.min(MOST_SLOW, Math.max(1, (performance.now() - started) / 1000 / QUIET));
}

function chosen(): Case[] {
  const kinds = values.only?.split(',') ?? [...KINDS];
  const unknown = kinds.filter((k) => !(KINDS as readonly string[]).includes(k));
  if (unknown.length > 0) {
    process.stderr.write(`hostile: --only ${unknown.join(',')}: allowed is ${KINDS.join(', ')}\n`);
    process.exit(2);
  }
  return allCases(values.seed).filter(
    (c) => kinds.includes(c.kind) && (values.match === undefined || c.name.includes(values.match)),
  );
}

function show(v: Verdict): void {
  const cost = `${v.seconds.toFixed(2)} s  ${v.peakMB} MB`;
  if (v.faults.length > 0) {
    process.stdout.write(`GOT THROUGH  ${v.kind}: ${v.name}  (${cost})\n`);
    for (const fault of v.faults) process.stdout.write(`             ${fault}\n`);
  } else if (values.verbose)
    process.stdout.write(`${v.skipped ? 'skipped' : 'held'}  ${v.kind}: ${v.name}  ${v.skipped ?? cost}\n`);
  if (v.output && (values.verbose || v.faults.length > 0))
    process.stdout.write(`${v.output.replace(/^/gm, '             | ')}\n`);
}

async function main(): Promise<number> {
  const cases = chosen();
  if (values.list) {
    for (const c of cases) process.stdout.write(`${c.kind}: ${c.name}\n`);
    return 0;
  }
  if (!isBuilt()) {
    process.stderr.write('hostile: dist/ is missing; run npm run build\n');
    return 2;
  }
  const started = performance.now();
  const verdicts: Verdict[] = [];
  const again: Case[] = [];
  const keep = (v: Verdict) => {
    const late = v.late ? cases.find((c) => c.kind === v.kind && c.name === v.name) : undefined;
    if (late) again.push(late);
    else {
      verdicts.push(v);
      show(v);
    }
  };
  const bounds = async () => ({ factor: await slowness(), seed: values.seed });
  const processes = cases.filter((c): c is ProcessCase => !isCall(c));
  // Long ones first: a lane that draws one last would hold up the end.
  const waiting = processes.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  const lane = async () => {
    let b = await bounds();
    for (let c = waiting.shift(), n = 0; c; c = waiting.shift()) {
      if (++n % 20 === 0) b = await bounds();
      keep(await tryProcess(c, b));
    }
  };
  await Promise.all([
    ...Array.from({ length: LANES - 1 }, lane),
    tryCalls(
      cases.filter((c): c is CallCase => isCall(c)),
      await bounds(),
      keep,
    ).then(lane),
  ]);
  // Late ones get a second try alone.
  for (const c of again) {
    const alone = { factor: await slowness(), seed: values.seed };
    const done = (v: Verdict) => {
      verdicts.push({ ...v, late: false });
      show(v);
    };
    if (isCall(c)) await tryCalls([c], alone, done);
    else done(await tryProcess(c, alone));
  }
  report(verdicts, (performance.now() - started) / 1000);
  return verdicts.some((v) => v.faults.length > 0) ? 1 : 0;
}

const LANES = Math.min(4, Math.max(2, availableParallelism()));

function report(verdicts: readonly Verdict[], seconds: number): void {
  const line = (name: string, of: readonly Verdict[]) => {
    const tried = of.filter((v) => !v.skipped);
    const through = tried.filter((v) => v.faults.length > 0).length;
    const slowest = Math.max(0, ...tried.map((v) => v.seconds));
    const largest = Math.max(0, ...tried.map((v) => v.peakMB));
    const skipped = of.length > tried.length ? `, ${of.length - tried.length} skipped` : '';
    return `${name.padEnd(10)} ${String(tried.length).padStart(4)} tried${skipped}, ${through} got through; slowest ${slowest.toFixed(1)} s, largest ${largest} MB\n`;
  };
  process.stdout.write('\n');
  for (const kind of KINDS) {
    const of = verdicts.filter((v) => v.kind === kind);
    if (of.length > 0) process.stdout.write(line(kind, of));
  }
  const reasons = new Map<string, number>();
  for (const v of verdicts) if (v.skipped) reasons.set(v.skipped, (reasons.get(v.skipped) ?? 0) + 1);
  for (const [why, n] of reasons) process.stdout.write(`  ${n} skipped: ${why}\n`);
  process.stdout.write(line('all', verdicts));
  process.stdout.write(`seed ${values.seed}, ${seconds.toFixed(0)} s\n`);
}

process.exitCode = await main();
