import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyFolder } from '../../model/shipped.ts';
import { configYaml } from '../../settings/describe.ts';
import { runConfig } from '../../settings/run-config.ts';

/** A run as training leaves it, with checkpoints of these steps and what validation said of them. */
export function fakeRun(steps: readonly number[], accuracies: Record<number, number>): string {
  const dir = mkdtempSync(join(tmpdir(), 'run-'));
  const config = runConfig({ rollout: { maxTokens: 48, topP: 0.9 }, data: { maxPixels: 50_000 } });
  writeFileSync(join(dir, 'config.yaml'), configYaml(config, { comments: false }));
  for (const step of steps) {
    const to = join(dir, 'checkpoints', `step-${String(step).padStart(6, '0')}`);
    mkdirSync(to, { recursive: true });
    cpSync(policyFolder('builtin:prior'), to, { recursive: true });
  }
  const lines = Object.entries(accuracies).map(([step, accuracy]) =>
    JSON.stringify({ kind: 'validation', step: Number(step), accuracy }),
  );
  writeFileSync(join(dir, 'metrics.jsonl'), lines.map((line) => `${line}\n`).join(''));
  return dir;
}
