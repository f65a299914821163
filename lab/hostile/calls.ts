/** Calls in a child process: parent and child. A call that goes on and on costs the child, not the campaign. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PapoError } from '../../src/errors.ts';
import { random } from '../../src/random.ts';
import { type CallCase, type Case, isCall, type Verdict } from './case.ts';
import { judgeCall, MOST_SECONDS, type Outcome } from './judge.ts';
import type { Bounds } from './process.ts';

type FromChild = { ready: true } | { name: string; outcome: Outcome; seconds: number; peakMB: number };

const CHILD = 'papo-hostile-child';

export async function tryCalls(
  cases: readonly CallCase[],
  { factor, seed }: Bounds,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  const waiting = [...cases];
  while (waiting.length > 0) {
    const home = mkdtempSync(join(tmpdir(), 'papo-hostile-calls-'));
    const child = fork(fileURLToPath(import.meta.url), [CHILD, seed, home], {
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr!.on('data', (chunk) => {
      stderr += chunk;
    });
    await next(child);
    while (waiting.length > 0) {
      const c = waiting.shift()!;
      const limit = (c.seconds ?? MOST_SECONDS) * factor;
      child.send({ kind: c.kind, name: c.name });
      const answer = await next(child, (limit + 4) * 1000);
      const base = { kind: c.kind, name: c.name };
      if (answer === undefined || 'ready' in answer) {
        const how = child.exitCode ?? child.signalCode;
        const fault =
          how === null ? `goes on after ${(limit + 4).toFixed(1)} s` : `ended its process (${how})`;
        tell({ ...base, faults: [fault], late: how === null, seconds: limit + 4, peakMB: 0, output: stderr });
        break;
      }
      const faults = judgeCall(c, answer.outcome, answer.peakMB);
      const most = c.milliseconds === undefined ? limit : (c.milliseconds / 1000) * factor;
      const late = answer.seconds > most;
      const only = late && faults.length === 0;
      if (late) faults.push(`${answer.seconds.toFixed(3)} s, over ${most.toFixed(3)}`);
      const output = 'error' in answer.outcome ? answer.outcome.error.message.slice(0, 400) : '';
      tell({ ...base, faults, late: only, seconds: answer.seconds, peakMB: answer.peakMB, output });
    }
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}

/** The child's next message; undefined where it ends or stays silent for too long. */
function next(child: ChildProcess, milliseconds = 60_000): Promise<FromChild | undefined> {
  return new Promise((done) => {
    const finish = (message?: FromChild) => {
      clearTimeout(timer);
      child.off('message', finish);
      child.off('exit', gone);
      done(message);
    };
    const gone = () => finish();
    const timer = setTimeout(gone, milliseconds);
    child.on('message', finish);
    child.on('exit', gone);
  });
}

/** Starts the system's record of the peak anew. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere there is no such record.
  }
}

function peakMB(): number {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024);
  } catch {
    return 0;
  }
}

async function serve(seed: string, home: string): Promise<void> {
  const { allCases } = await import('./cases/index.ts');
  const cases = new Map<string, CallCase>();
  for (const c of allCases(seed) as Case[]) if (isCall(c)) cases.set(`${c.kind} ${c.name}`, c);
  let count = 0;
  process.on('message', async ({ kind, name }: { kind: string; name: string }) => {
    const c = cases.get(`${kind} ${name}`)!;
    const dir = join(home, String(count++));
    mkdirSync(dir);
    resetPeak();
    const started = performance.now();
    let outcome: Outcome;
    try {
      const value = await c.call(dir, random(seed, kind, name));
      const fault = c.after?.(value);
      outcome = { value: fault ?? null };
      if (fault) outcome = { error: { name: 'Fault', message: fault, ours: false } };
    } catch (error) {
      const { name: errorName, message } = error as Error;
      outcome = { error: { name: errorName, message: String(message), ours: error instanceof PapoError } };
    }
    const seconds = (performance.now() - started) / 1000;
    process.send!({ name, outcome, seconds, peakMB: peakMB() } satisfies FromChild);
    rmSync(dir, { recursive: true, force: true });
  });
  process.send!({ ready: true } satisfies FromChild);
}

if (process.argv[2] === CHILD) await serve(process.argv[3]!, process.argv[4]!);
