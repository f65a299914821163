/** The weights of a folder, in one file or in shards, checked against what its config.json asks for. */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { grouped, shown } from '../reading.ts';
import { INDEX, SINGLE, type Wanted, weightFiles } from './folder.ts';
import type { ParameterSpec } from './names.ts';
import type { HostTensor } from './safetensors.ts';
import { SafetensorsFile } from './safetensors-file.ts';

export interface WeightNames {
  /** The parameter that a tensor of the file is. Sees every name before `storedAs` is asked. */
  nameOf: (stored: string) => string;
  /** The name under which the file should have a parameter, for messages. */
  storedAs: (name: string) => string;
  /** Parameters that may be there and are not needed. */
  isIgnored: (name: string) => boolean;
  /** Parameters that are read; the others are only checked. All unless told. */
  isWanted?: (name: string) => boolean;
}

export const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** Index of the first value that is NaN or infinite, -1 where there is none. */
export function firstNotFinite(data: Float32Array): number {
  // x · 0 is 0 for every finite x: one sum tells of the whole array, and is seldom negative.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] * 0;
  return sum === 0 ? -1 : data.findIndex((x) => !Number.isFinite(x));
}

/** Memory that a process may have here: that of the machine, or of the container where one limits it. */
function memory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Reads the parameters of `specs` as float32, in their order. All shapes are checked before anything is read.
 * @throws CheckpointError naming the file and the tensor: missing, of another shape, twice there, no part of the model,
 *   with a value that is not a number, or more than the memory holds
 */
export function readWeights(
  dir: string,
  wanted: Wanted,
  specs: readonly ParameterSpec[],
  names: WeightNames,
): Map<string, HostTensor> {
  const { files, map } = weightFiles(dir, wanted);
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  const open: SafetensorsFile[] = [];
  try {
    const places = new Map<string, { file: SafetensorsFile; stored: string }>();
    for (const fileName of files) {
      const file = new SafetensorsFile(join(dir, fileName));
      open.push(file);
      for (const stored of file.names) {
        const name = names.nameOf(stored);
        const shape = shapes.get(name);
        const actual = file.info(stored).shape;
        if (!shape) {
          if (names.isIgnored(name)) continue;
          throw new CheckpointError(
            `${file.path}: tensor ${shown(stored)} with shape [${actual}] is no part of the model in config.json; weights and config do not belong together`,
          );
        }
        if (places.has(name))
          throw new CheckpointError(
            `${file.path}: tensor ${shown(stored)} is there twice; remove the stale weight file`,
          );
        if (!sameShape(actual, shape))
          throw new CheckpointError(
            `${file.path}: tensor ${shown(stored)} has shape [${actual}]; config.json asks for [${shape}]`,
          );
        places.set(name, { file, stored });
      }
    }
    const absent = specs.find(({ name }) => !places.has(name));
    if (absent) {
      const stored = names.storedAs(absent.name);
      const file = join(dir, map?.get(stored) ?? (map ? INDEX : SINGLE));
      throw new CheckpointError(
        `${file}: tensor "${stored}" with shape [${absent.shape}] is missing; config.json asks for it`,
      );
    }
    const chosen = specs.filter(({ name }) => names.isWanted?.(name) ?? true);
    const bytes = chosen.reduce((sum, { shape }) => sum + shape.reduce((n, side) => n * side, 4), 0);
    if (bytes > memory())
      throw new CheckpointError(
        `${dir}: the weights take ${grouped(bytes)} bytes as float32, this machine has ${grouped(memory())}; name a smaller model`,
      );
    return new Map(
      chosen.map(({ name }) => {
        const { file, stored } = places.get(name)!;
        const tensor = file.read(stored);
        const bad = firstNotFinite(tensor.data);
        if (bad >= 0)
          throw new CheckpointError(
            `${file.path}: tensor "${stored}" holds ${tensor.data[bad]} at index ${bad}; the file is damaged or the training that made it diverged, take an earlier checkpoint`,
          );
        return [name, tensor];
      }),
    );
  } finally {
    for (const file of open) file.close();
  }
}
