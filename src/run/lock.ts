/**
 * One process at a time works in a run folder. The lock is a file `lock-<n>` that names its holder. It is made whole and
 * at once (a link to a finished draft), so of two starts one wins. Whoever finds the lock of a process that has ended
 * makes the next number, which again only one can do, and then removes the old one: nobody ever removes a lock that
 * another could just have made.
 */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, uptime } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { RunError } from '../errors.ts';

/** Who holds a lock. What the system does not tell is null. */
export interface Holder {
  pid: number;
  host: string;
  /** ISO time. */
  since: string;
  /** Start of the process in ticks since the machine's: numbers of processes are used again. */
  started: string | null;
  /** Differs after every start of the machine. */
  boot: string | null;
  /** Numbers of processes count within this. */
  namespace: string | null;
}

const LOCK = /^lock-(\d+)$/;
const DRAFT = '.lock-';

/** A file without a holder in it is being written, or was left by a failing machine; after this it is the latter. */
const DRAFT_SECONDS = 5;

const told = (read: () => string): string | null => {
  try {
    return read().trim();
  } catch {
    return null;
  }
};

/** Fields of /proc/<pid>/stat after the command, which is in brackets and may hold anything. */
function statOf(pid: number): { state: string; started: string } | null {
  const text = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], started: fields[19] };
}

function self(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    started: statOf(process.pid)?.started ?? null,
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    namespace: told(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Whether a process of this number runs on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the holder may still be at work; a process that cannot be seen from here counts as alive. */
function isAlive(holder: Holder): boolean {
  const here = self();
  if (holder.host !== here.host) return true;
  if (holder.boot !== null && here.boot !== null && holder.boot !== here.boot) return false;
  if (holder.namespace !== here.namespace) return true;
  const booted = Date.now() - uptime() * 1000;
  if (holder.boot === null && Date.parse(holder.since) < booted - 60_000) return false;
  if (!isRunning(holder.pid)) return false;
  const now = statOf(holder.pid);
  if (now === null || holder.started === null) return true;
  // Z and X: ended, but not yet noticed by the parent.
  return now.started === holder.started && !['Z', 'X'].includes(now.state);
}

/** The living holder of a lock file; `undefined` where it has ended. */
function holderOf(path: string): Holder | 'unknown' | undefined {
  const text = told(() => readFileSync(path, 'utf8'));
  if (text === null) return undefined;
  try {
    const holder = JSON.parse(text) as Holder;
    if (Number.isInteger(holder.pid) && typeof holder.host === 'string' && typeof holder.since === 'string')
      return isAlive(holder) ? holder : undefined;
  } catch {}
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - made < DRAFT_SECONDS * 1000 ? 'unknown' : undefined;
}

/** Whether a file of this name in a run folder belongs to its lock. */
export const isLockFile = (name: string) => LOCK.test(name) || name.startsWith(DRAFT);

/** Lock files by rising number. */
const locksIn = (dir: string) =>
  (statSync(dir, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(dir) : [])
    .flatMap((name) => {
      const match = LOCK.exec(name);
      return match ? [{ number: Number(match[1]), path: join(dir, name) }] : [];
    })
    .sort((a, b) => a.number - b.number);

/** What to say where a run is in use, or nothing where it is not. */
export function inUse(dir: string, own?: string): string | undefined {
  for (const { path } of locksIn(dir)) {
    if (path === own) continue;
    const holder = holderOf(path);
    if (holder === undefined) continue;
    if (holder === 'unknown') return `${dir}: is just being taken by another process; wait a moment`;
    const { pid, host, since, namespace } = holder;
    const time = `${since.slice(0, 19).replace('T', ' ')} UTC`;
    const here = self();
    const near = host === here.host && namespace === here.namespace;
    const fix = near
      ? `wait until it has ended, or stop it with: kill ${pid}`
      : `if that one has ended, remove ${path}`;
    return `${dir}: process ${pid} on ${near ? 'this machine' : host} works in this run since ${time}; ${fix}`;
  }
  return undefined;
}

/** Makes the file with the draft's content unless there is one. */
function place(draft: string, path: string, content: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // The draft can have been swept away by a holder that has left since.
    if (code === 'EEXIST' || (code === 'ENOENT' && existsSync(dirname(path)))) return false;
    // Some file systems know no links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'].includes(code)) throw error;
  }
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export class RunLock {
  readonly path: string;
  private readonly content: string;

  private constructor(path: string, content: string) {
    this.path = path;
    this.content = content;
  }

  /**
   * Takes the run of a folder, which exists.
   * @throws RunError where a living process has it, the system's error where the lock cannot be written
   */
  static take(dir: string): RunLock {
    const content = `${JSON.stringify(self())}\n`;
    const draft = join(dir, `${DRAFT}${randomUUID()}`);
    try {
      for (;;) {
        const before = locksIn(dir);
        const holder = inUse(dir);
        if (holder !== undefined) throw new RunError(holder);
        const path = join(dir, `lock-${(before.at(-1)?.number ?? 0) + 1}`);
        // Again each time, as the holder of a lock sweeps drafts away.
        writeFileSync(draft, content);
        if (!place(draft, path, content)) continue;
        rmSync(draft, { force: true });
        const lock = new RunLock(path, content);
        // A lock of a lower number can have been made where the last one was given back meanwhile.
        const other = inUse(dir, path);
        if (other !== undefined) {
          lock.release();
          throw new RunError(other);
        }
        lock.sweep();
        return lock;
      }
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  }

  /** False where the lock, or the whole folder, was taken away. */
  isOurs(): boolean {
    return told(() => readFileSync(this.path, 'utf8')) === this.content.trim();
  }

  /** Gives the run back. */
  release(): void {
    if (this.isOurs()) rmSync(this.path, { force: true });
  }

  /** Removes what processes that have ended left of their locks. */
  private sweep(): void {
    const dir = dirname(this.path);
    for (const name of readdirSync(dir))
      if (isLockFile(name) && name !== basename(this.path)) rmSync(join(dir, name), { force: true });
  }
}
