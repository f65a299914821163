/**
 * Real processes, really killed, between any two things that they do to the disk. `PAPO_KILLS=100 npx vitest run
 * src/train/kill.test.ts` tries more places; `npm run build` comes first, as the processes run what is built.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';
import { describe, expect, it } from 'vitest';
import { random } from '../random.ts';
import { fakeRun, samplesOf, steadyMetrics, tempDir } from './loop.testing.ts';

const BUILT = fileURLToPath(new URL('../../dist/train/', import.meta.url));
const CHILD = join(BUILT, 'killed-run.testing.js');

/** The build leaves test kits out; these go beside the rest of the room, and no package takes them. */
function buildKit(): void {
  for (const name of ['killed-run', 'loop', 'fake-engine']) {
    const source = readFileSync(join(import.meta.dirname, `${name}.testing.ts`), 'utf8');
    const { outputText } = typescript.transpileModule(source, {
      compilerOptions: {
        module: typescript.ModuleKind.ESNext,
        target: typescript.ScriptTarget.ES2022,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    writeFileSync(join(BUILT, `${name}.testing.js`), outputText);
  }
}

const KILLS = Number(process.env.PAPO_KILLS ?? 2);
/** Of the disk, that the run below makes, more or less; a kill after the last does nothing. */
const CHANGES = 150;

const SET = [
  'rollout={prompts: 2, samples: 4}',
  'train={steps: 6, miniBatches: 1}',
  'validation={every: 1, rows: 4, samples: 4}',
  'test={rows: 4, samples: 1}',
  'checkpoint={every: 2, keep: 1}',
];

/** @returns whether it was killed */
function run(dir: string, killAt = 0): boolean {
  const { status, signal, stderr } = spawnSync(process.execPath, [CHILD, dir, `${killAt}`, ...SET], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status === 0 || signal === 'SIGKILL').toBe(true);
  return signal === 'SIGKILL';
}

/** All that a run leaves, without its times. */
function result(dir: string) {
  const checkpoints = readdirSync(join(dir, 'checkpoints')).sort();
  return {
    metrics: steadyMetrics(dir),
    samples: samplesOf(dir),
    names: readdirSync(dir).filter((name) => !name.startsWith('events.out.')),
    checkpoints: checkpoints.map((name) => {
      const { totals, sha256, ...state } = JSON.parse(
        readFileSync(join(dir, 'checkpoints', name, 'state.json'), 'utf8'),
      );
      return { name, policy: readFileSync(join(dir, 'checkpoints', name, 'table.json'), 'utf8'), state };
    }),
  };
}

describe.skipIf(!existsSync(join(BUILT, 'loop.js')))('a run that is killed at any moment', () => {
  it('goes on to the same files, bit for bit', async () => {
    buildKit();
    const dir = join(tempDir(), 'run');
    await fakeRun({ dir, set: SET });
    const whole = result(dir);
    expect(whole.metrics.filter(({ kind }) => kind === 'step')).toHaveLength(6);
    const rng = random('kill', KILLS);
    let kills = 0;
    while (kills < KILLS) {
      const killed = join(tempDir(), 'run');
      const places: number[] = [];
      // A run is taken up and killed some times over, then left to end.
      while (kills < KILLS && places.length < 5) {
        const at = 1 + Math.floor(rng.next() * CHANGES * 0.7);
        places.push(at);
        if (!run(killed, at)) break;
        kills++;
      }
      run(killed);
      expect(result(killed), `killed at changes ${places}`).toEqual(whole);
    }
  }, 300_000);
});
