/**
 * `npm run bench`: what this machine makes of the engine, as JSON on standard output. Medians over interleaved
 * repetitions; speeds of a shared machine drift, so compare figures of one run only.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolloutSpeed } from './rollout.ts';
import { textTrainingSpeed } from './text-training.ts';

const root = process.cwd();
const policy = join(root, 'assets', 'policies', 'looking');
const threads = availableParallelism();

/** Steps of a real run, read back from its metrics. The first step compiles and is left out. */
function realSteps(preset: string) {
  const out = mkdtempSync(join(tmpdir(), 'papo-bench-'));
  const args = ['bin/papo.js', 'train', '--preset', preset, '--steps', '8', '--name', 'bench', '--out', out];
  const quiet = ['--set', 'test.rows=0', '--set', 'validation.every=0', '--seed', '1'];
  const run = spawnSync(process.execPath, [...args, ...quiet], { cwd: root, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const lines = readFileSync(join(out, 'bench', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));
  const steps = lines.filter((l) => l.kind === 'step').slice(2);
  rmSync(out, { recursive: true, force: true });
  const parts = Object.keys(steps[0].seconds);
  const seconds = Object.fromEntries(parts.map((p) => [p, median(steps.map((s) => s.seconds[p] ?? 0))]));
  return { seconds, memoryMB: Math.max(...steps.map((s) => s.memory_mb)) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] * 1e4) / 1e4;
}

const report = {
  machine: { cpu: cpus()[0].model, threads, node: process.version },
  rollout: await rolloutSpeed(policy, threads),
  textTraining: await textTrainingSpeed(threads),
  step: { 'papo-g': realSteps('papo-g'), grpo: realSteps('grpo') },
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
