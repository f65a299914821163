/** The optimiser's moments as the file beside a checkpoint (optimizer.safetensors). */
import { CheckpointError } from '../../errors.ts';
import { readOptimizer, writeOptimizer } from '../../model/checkpoint.ts';
import type { ParameterSpec } from '../../model/parameters.ts';
import type { HostTensor } from '../../model/safetensors.ts';
import type { Moments } from './executor.ts';

/** @param trainable parameters that have moments */
export function writeMoments(
  dir: string,
  trainable: readonly ParameterSpec[],
  { step, moment1, moment2 }: Moments,
): void {
  const state = new Map<string, HostTensor>([['step', { shape: [1], data: Float32Array.of(step) }]]);
  for (const { name, shape } of trainable) {
    state.set(`moment1.${name}`, { shape, data: moment1[name] });
    state.set(`moment2.${name}`, { shape, data: moment2[name] });
  }
  writeOptimizer(dir, state);
}

/** @throws CheckpointError where the file is missing, or the moments of a trainable parameter are */
export function readMoments(dir: string, trainable: readonly ParameterSpec[]): Moments {
  const state = readOptimizer(dir);
  if (!state)
    throw new CheckpointError(
      `${dir}/optimizer.safetensors: not found; resume from a checkpoint that a run wrote`,
    );
  const moments: Moments = { step: state.get('step')?.data[0] ?? 0, moment1: {}, moment2: {} };
  for (const { name } of trainable) {
    for (const kind of ['moment1', 'moment2'] as const) {
      const m = state.get(`${kind}.${name}`);
      if (!m)
        throw new CheckpointError(
          `${dir}/optimizer.safetensors: ${kind}.${name} is missing; take another checkpoint`,
        );
      moments[kind][name] = m.data;
    }
  }
  return moments;
}
