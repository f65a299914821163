import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPolicy } from '../rollout/policy.ts';
import { resolveConfig, setLayer } from '../settings/resolve.ts';
import { tempDir } from '../train/loop.testing.ts';
import { RECIPE } from './recipe.ts';
import { startPretraining } from './start.ts';

const SMALL = {
  ...RECIPE,
  shape: { ...RECIPE.shape, hidden: 32, layers: 1, heads: 2, kvHeads: 1, intermediate: 32, visionHidden: 16 },
  batch: 4,
  validationRows: 2,
  inProcess: true,
  threads: 1,
};

describe('papo pretrain', () => {
  it('leaves a policy that opens, without words on the form, beside the recipe that made it', async () => {
    const dir = join(tempDir(), 'base');
    const said: string[] = [];
    await startPretraining(dir, { steps: '2', seed: 'x' }, { write: (text) => said.push(text) }, SMALL);
    const recipe = JSON.parse(readFileSync(join(dir, 'recipe.json'), 'utf8'));
    expect(recipe).toMatchObject({ recipe: { seed: 'x', stages: [{ stop: 2 }] }, reached: { step: 2 } });
    const policy = openPolicy(resolveConfig([setLayer(`policy=${dir}`)]));
    expect(policy.parameters).toBe(recipe.parameters);
    expect(policy.text.format.formatPrompt).toBe('');
    expect(said.join('')).toMatch(/step 2\/2 {2}loss \d.*accuracy/);
    expect(said.join('')).toContain(`papo train --policy ${dir}`);
  });

  it('writes over nothing, and refuses what is no number', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'mine.txt'), 'mine');
    const out = { write: () => {} };
    await expect(startPretraining(dir, {}, out, SMALL)).rejects.toThrow(`${dir}: is not empty`);
    await expect(startPretraining(join(dir, 'new'), { steps: 'many' }, out, SMALL)).rejects.toThrow(
      '--steps many: allowed is a whole number 1 to 10000000',
    );
    await expect(startPretraining(join(dir, 'mine.txt'), {}, out, SMALL)).rejects.toThrow(
      'mine.txt: is no folder; name a new folder for the policy',
    );
    await expect(startPretraining('', {}, out, SMALL)).rejects.toThrow('no folder is named');
    // Found out before the training, not after it.
    if (process.platform === 'linux')
      await expect(startPretraining('/proc/papo/x', { steps: '1' }, out, SMALL)).rejects.toThrow(
        /^\/proc\/papo\/x: cannot be written \(ENOENT\)/,
      );
  });
});
