/** Runs the command line on a case, in a fresh folder, home and temporary folder, and measures it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { random } from '../../src/random.ts';
import type { Ended, ProcessCase, Running, Verdict } from './case.ts';
import { judgeProcess, MOST_SECONDS } from './judge.ts';

export const ROOT = resolve(process.cwd());
const BIN = join(ROOT, 'bin', 'papo.js');
/** Where a process is ended that goes on and on. */
const PATIENCE = 3;
const NOBODY = 65534;

/** Every file of a folder with what it holds, without following links; contents of what is large or odd are not read. */
function listing(dir: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (at: string, name: string) => {
    const stat = lstatSync(at);
    const plain = stat.isFile() && stat.size < 2 ** 22;
    found.set(
      name,
      plain ? createHash('sha1').update(readFileSync(at)).digest('hex') : `${stat.mode} ${stat.size}`,
    );
    if (stat.isDirectory()) for (const entry of readdirSync(at)) visit(join(at, entry), join(name, entry));
  };
  for (const entry of readdirSync(dir)) visit(join(dir, entry), entry);
  return found;
}

/** Peak resident size, which the system keeps until the process is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export interface Bounds {
  /** How much slower than a quiet machine this one is now. */
  factor: number;
  seed: string;
}

export async function tryProcess(c: ProcessCase, { factor, seed }: Bounds): Promise<Verdict> {
  const base = { kind: c.kind, name: c.name, late: false };
  const why = c.unless?.();
  if (why) return { ...base, faults: [], seconds: 0, peakMB: 0, skipped: why };
  const top = join(
    tmpdir(),
    `papo-hostile-${process.pid}-${createHash('sha1')
      .update(c.kind + c.name)
      .digest('hex')
      .slice(0, 12)}`,
  );
  const dir = join(top, 'here');
  const [home, tmp] = [join(top, 'home'), join(top, 'tmp')];
  rmSync(top, { recursive: true, force: true });
  for (const d of [dir, home, tmp]) mkdirSync(d, { recursive: true });
  for (const d of [top, dir, home, tmp]) chmodSync(d, 0o777);
  try {
    await c.prepare?.(dir, random(seed, c.kind, c.name));
    const before = listing(dir);
    const limit = (c.seconds ?? MOST_SECONDS) * factor;
    const ended = await run(c, { dir, home, tmp, limit: limit + PATIENCE * factor });
    const now = listing(dir);
    ended.added = [...now.keys()].filter((path) => !before.has(path));
    const faults = judgeProcess(c, ended);
    const lost = [...before].filter(([path, hash]) => now.get(path) !== hash && !c.leaves?.test(path));
    if (lost.length > 0)
      faults.push(
        `changed or lost: ${lost
          .map(([path]) => path)
          .join(', ')
          .slice(0, 200)}`,
      );
    for (const d of [home, tmp]) {
      const found = readdirSync(d);
      if (found.length > 0) faults.push(`wrote outside: ${d.slice(top.length + 1)}/${found.join(', ')}`);
    }
    const more = await c.after?.(ended, dir);
    if (more) faults.push(more);
    const late = ended.seconds > limit;
    const only = late && faults.length === 0;
    if (late) faults.push(`${ended.seconds.toFixed(1)} s, over ${limit.toFixed(1)}`);
    return {
      ...base,
      late: only,
      faults,
      seconds: ended.seconds,
      peakMB: ended.peakMB,
      output: `${ended.stdout.slice(-600)}\n${ended.stderr.slice(0, 900)}`.trim(),
    };
  } catch (error) {
    return { ...base, faults: [`the case itself failed: ${(error as Error).stack}`], seconds: 0, peakMB: 0 };
  } finally {
    rmSync(top, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Places {
  dir: string;
  home: string;
  tmp: string;
  /** Seconds after which it is killed. */
  limit: number;
}

async function run(c: ProcessCase, { dir, home, tmp, limit }: Places): Promise<Ended> {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: tmp,
    XDG_CACHE_HOME: join(home, '.cache'),
    PAPO: `${process.execPath} ${BIN}`,
  };
  const [command, args] = c.shell
    ? ['bash', ['-c', c.shell, 'papo', ...c.args]]
    : [process.execPath, [BIN, ...c.args]];
  const started = performance.now();
  const user = c.unprivileged && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  // A group of its own, so that what it started can be ended with it.
  const child = spawn(command, args, {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...user,
  });
  const pid = child.pid ?? -1;
  let [stdout, stderr, peakMB, killed] = ['', '', 0, false];
  const watchers = new Set<() => void>();
  const heard = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout.on('data', (chunk) => {
    if (stdout.length < 2 ** 22) stdout += chunk;
    heard();
  });
  child.stderr.on('data', (chunk) => {
    if (stderr.length < 2 ** 22) stderr += chunk;
    heard();
  });
  const poll = setInterval(() => {
    peakMB = Math.max(peakMB, peakOf(pid));
  }, 25);
  const kill = setTimeout(() => {
    killed = true;
    end(pid);
  }, limit * 1000);
  let over = false;
  const status = new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      over = true;
      heard();
      done(code ?? 128 + constants.signals[signal!]);
    });
  });
  const running: Running = {
    pid,
    said: (words) =>
      new Promise((done, fail) => {
        const look = () => {
          const found = words.test(stdout) || words.test(stderr);
          if (!found && !over) return;
          watchers.delete(look);
          if (found) done();
          else fail(new Error(`it ended before it said ${words}`));
        };
        watchers.add(look);
        look();
      }),
    kill: (signal) => child.kill(signal),
  };
  let disturbed = '';
  const during = c.during?.(running, dir).catch((error: Error) => {
    disturbed = error.message;
  });
  const code = await status;
  await during;
  const seconds = (performance.now() - started) / 1000;
  clearInterval(poll);
  clearTimeout(kill);
  end(pid);
  if (killed) stderr += '\n(ended by the campaign: it went on and on)';
  if (disturbed) stderr += `\n(${disturbed})`;
  return { status: code, stdout, stderr, seconds, peakMB: Math.round(peakMB), added: [] };
}

/** Ends a case's process group, which this campaign started. */
function end(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

export const isBuilt = () => existsSync(join(ROOT, 'dist', 'cli', 'main.js'));
