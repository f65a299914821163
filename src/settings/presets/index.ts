/** Every preset; a new one is a file beside this and a line here. */
import { ConfigError } from '../../errors.ts';
import { dapo } from './dapo.ts';
import { dvrp } from './dvrp.ts';
import { grpo } from './grpo.ts';
import { noisyRollout } from './noisy-rollout.ts';
import { papoD } from './papo-d.ts';
import { papoG } from './papo-g.ts';
import { papoGNoRef } from './papo-g-no-ref.ts';
import type { Preset } from './preset.ts';
import { vppo } from './vppo.ts';

const all = [grpo, dapo, papoG, papoD, papoGNoRef, vppo, noisyRollout, dvrp] as const;

export const presets: readonly Preset[] = all;

export const presetNames = all.map(({ name }) => name);

/** @throws ConfigError where there is none of that name */
export function presetOf(name: string): Preset {
  const found = presets.find((p) => p.name === name);
  if (!found) throw new ConfigError(`preset ${name}: unknown; one of ${presetNames.join(', ')}`);
  return found;
}
