/**
 * A run of the loop in a process of its own that ends itself with SIGKILL at the n-th change that it makes to the disk:
 * before a file is opened, written (then half of the bytes are there), synced, renamed, linked, cut or removed.
 *
 *     node dist/train/killed-run.testing.js DIR N [SETTING...]
 *
 * Takes DIR up where there is a run. Prints how many changes it made where it was not killed; N = 0 kills never.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const CHANGES = [
  'openSync',
  'writeSync',
  'writeFileSync',
  'fsyncSync',
  'ftruncateSync',
  'renameSync',
  'linkSync',
  'mkdirSync',
  'rmSync',
  'rmdirSync',
] as const;

/** @returns how many changes there were so far */
function killAt(n: number): () => number {
  let count = 0;
  const all = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CHANGES) {
    const real = all[name];
    all[name] = (...args: unknown[]) => {
      // Reading changes nothing.
      if (name === 'openSync' && args[1] === 'r') return real(...args);
      if (++count === n) {
        if (name === 'writeSync') {
          const bytes = args[1] as Uint8Array;
          real(args[0], bytes, 0, Math.floor(bytes.length / 2));
        }
        process.kill(process.pid, 'SIGKILL');
      }
      return real(...args);
    };
  }
  syncBuiltinESMExports();
  return () => count;
}

const [dir, n, ...set] = process.argv.slice(2) as [string, string, ...string[]];
// What is loaded also works on files.
const { fakeRun } = await import('./loop.testing.ts');
const { CONFIG_FILE } = await import('../run/folder.ts');
const resume = fs.existsSync(join(dir, CONFIG_FILE));
const count = killAt(Number(n));
await fakeRun({ dir, resume, set: resume ? [] : set });
process.stdout.write(`${count()}\n`);
