import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configYaml } from '../settings/describe.ts';
import { resolveConfig, setLayer } from '../settings/resolve.ts';
import { shellWord } from '../shell.ts';
import { tempDir } from './loop.testing.ts';
import { otherObjective } from './summary.ts';

/** A run's folder with its settings, and the command that its summary offers. */
function offered(...set: string[]) {
  const dir = join(tempDir(), 'my runs', 'a');
  mkdirSync(dir, { recursive: true });
  const config = resolveConfig(set.map(setLayer));
  writeFileSync(join(dir, 'config.yaml'), configYaml(config, { comments: true }));
  return { command: otherObjective(dir, config), file: `'${join(dir, 'config.yaml')}'` };
}

it('the next command brings what a person chose, and only then more than a preset', () => {
  expect(offered('name=papo-g-seed1').command).toBe('papo train --preset grpo');
  expect(offered('preset=grpo').command).toBe('papo train --preset papo-g');
  for (const choice of ['data.dir=/rows', 'policy=/p', 'out=/elsewhere', 'seed=2', 'train.steps=9']) {
    const { command, file } = offered(choice);
    expect(command).toBe(`papo train --config ${file} --preset grpo`);
  }
  // γ is this person's own and the other preset has another: no command would say what is meant.
  expect(offered('objective.gamma=0.05').command).toBeUndefined();
});

it('words are quoted as a shell takes them', () => {
  expect(shellWord('runs/papo-g-seed1')).toBe('runs/papo-g-seed1');
  expect(shellWord("it's here")).toBe("'it'\\''s here'");
  expect(shellWord('')).toBe("''");
  expect(shellWord('$(rm)')).toBe("'$(rm)'");
});
