/** The weights of a folder, in one file or in shards, checked against what its config.json asks for. */
import { existsSync, readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CheckpointError } from '../errors.ts';
import { isObject, parseJson } from '../json.ts';
import { grouped, readJson, shown } from '../reading.ts';
import { SINGLE, type Wanted } from './folder.ts';
import type { ParameterSpec } from './parameters.ts';
import type { HostTensor } from './safetensors.ts';
import { SafetensorsFile } from './safetensors-file.ts';

export const INDEX = 'model.safetensors.index.json';
/** Bytes of an index of shards that are read at most; that of a model of 1,000 layers has 2 MiB. */
const INDEX_BYTES = 2 ** 24;

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
    const chosen: { name: string; bytes: number; file: SafetensorsFile; stored: string }[] = [];
    for (const { name, shape } of specs) {
      const place = places.get(name);
      if (!place) {
        const stored = names.storedAs(name);
        const file = join(dir, map?.get(stored) ?? (map ? INDEX : SINGLE));
        throw new CheckpointError(
          `${file}: tensor "${stored}" with shape [${shape}] is missing; config.json asks for it`,
        );
      }
      if (names.isWanted?.(name) ?? true)
        chosen.push({ name, bytes: shape.reduce((n, side) => n * side, 4), ...place });
    }
    const bytes = chosen.reduce((sum, tensor) => sum + tensor.bytes, 0);
    if (bytes > memory())
      throw new CheckpointError(
        `${dir}: the weights take ${grouped(bytes)} bytes as float32, this machine has ${grouped(memory())}; name a smaller model`,
      );
    return new Map(
      chosen.map(({ name, file, stored }) => {
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

/** Entries are looked at one by one below: of a million wrong ones only the first is worth a message. */
const indexKeys = z.object({
  weight_map: z.custom<Record<string, unknown>>(
    isObject,
    'an object with the file of each tensor; download or save the checkpoint again',
  ),
});

const isFileBeside = (file: unknown): file is string =>
  typeof file === 'string' &&
  file === basename(file) &&
  !/[\\\0]/.test(file) &&
  file.endsWith('.safetensors');

/**
 * The weight files of a folder, by name. With an index, also which file is said to hold which tensor.
 * @throws CheckpointError where there are none, or the index names others than files beside it
 */
function weightFiles(
  dir: string,
  { what }: Wanted,
): { files: string[]; map: Map<string, string> | undefined } {
  if (existsSync(join(dir, SINGLE))) return { files: [SINGLE], map: undefined };
  const indexPath = join(dir, INDEX);
  if (!existsSync(indexPath)) throw new CheckpointError(`${dir}: no weights; ${otherWeights(dir, what)}`);
  const again = 'download or save the checkpoint again';
  const { weight_map } = parseJson(indexKeys, readJson(indexPath, again, INDEX_BYTES), indexPath);
  const map = new Map<string, string>();
  for (const [name, file] of Object.entries(weight_map)) {
    if (!isFileBeside(file))
      throw new CheckpointError(
        `${indexPath}: tensor ${shown(name)} is said to be in ${shown(file)}; expected a .safetensors file beside the index`,
      );
    map.set(name, file);
  }
  const files = [...new Set(map.values())].sort();
  if (files.length === 0) throw new CheckpointError(`${indexPath}: "weight_map" is empty; ${again}`);
  const absent = files.find((file) => !existsSync(join(dir, file)));
  if (absent !== undefined)
    throw new CheckpointError(
      `${join(dir, absent)}: the index names this shard but it is missing; download it`,
    );
  return { files, map };
}

function otherWeights(dir: string, what: string): string {
  const names = readdirSync(dir);
  const find = (pattern: RegExp) => names.find((name) => pattern.test(name));
  const pickle = find(/\.(bin|pt|pth|ckpt)$/);
  if (pickle !== undefined)
    return `only ${shown(pickle)} is there, and pickled files are not read as they can run code: convert it in Python (from_pretrained, then save_pretrained) or take a ${SINGLE}`;
  if (find(/\.gguf$/) !== undefined)
    return `only GGUF files are there, which cannot be trained; take ${what} with ${SINGLE}`;
  if (find(/^adapter_model\./) !== undefined)
    return 'only a PEFT adapter is there: merge it into its base model first (merge_and_unload, save_pretrained)';
  const other = find(/\.safetensors$/);
  if (other !== undefined)
    return `${shown(other)} is there, but neither ${SINGLE} nor ${INDEX}; rename it, or download the index`;
  return `put ${SINGLE}, or shards with ${INDEX}, there`;
}
