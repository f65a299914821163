/** A DINOv2 folder in Hugging Face form: config.json with model.safetensors or shards and their index. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { readJson } from './checkpoint.ts';
import { type Dinov2Config, dinov2Specs, parseDinov2Config } from './dinov2.ts';
import { SafetensorsFile } from './safetensors-file.ts';

export interface Dinov2Checkpoint {
  config: Dinov2Config;
  /** By the hub's names, as float32. */
  parameters: Map<string, Float32Array>;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** What a folder may hold beside `dinov2Specs`: the mask token of pre-training and the head of a classifier. */
const isIgnored = (name: string) => name === 'embeddings.mask_token' || name.startsWith('classifier.');

function weightPaths(dir: string): string[] {
  if (existsSync(join(dir, SINGLE))) return [join(dir, SINGLE)];
  const index = join(dir, INDEX);
  if (!existsSync(index))
    throw new CheckpointError(`${dir}: no weights; put ${SINGLE}, or shards with ${INDEX}, there`);
  const json = readJson(index, '') as { weight_map?: unknown } | null;
  const files = Object.values(Object(json?.weight_map)) as unknown[];
  const odd = files.find((f) => typeof f !== 'string' || f !== basename(f) || f.includes('\\'));
  if (files.length === 0 || odd !== undefined)
    throw new CheckpointError(
      `${index}: "weight_map" does not name files beside it; download the checkpoint again`,
    );
  return [...new Set(files as string[])].sort().map((f) => join(dir, f));
}

/** The number of the layer that a parameter is of, -1 outside the layers. */
const layerOf = (name: string) => Number(/^encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? -1);

/**
 * Reads a Dinov2Model, or the one inside a Dinov2ForImageClassification. All tensors are checked; those of layers from
 * `layers` on are not read.
 * @throws CheckpointError naming the file and the tensor: missing, of another shape, twice there, or no part of the model
 */
export function readDinov2(dir: string, layers = Number.POSITIVE_INFINITY): Dinov2Checkpoint {
  const configPath = join(dir, 'config.json');
  const config = parseDinov2Config(
    readJson(configPath, 'give a DINOv2 checkpoint folder in Hugging Face form'),
    configPath,
  );
  const specs = dinov2Specs(config);
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  const seen = new Set<string>();
  const parameters = new Map<string, Float32Array>();
  const paths = weightPaths(dir);
  for (const path of paths) {
    const file = new SafetensorsFile(path);
    try {
      for (const stored of file.names) {
        const name = stored.startsWith('dinov2.') ? stored.slice('dinov2.'.length) : stored;
        if (isIgnored(name)) continue;
        const shape = shapes.get(name);
        const actual = file.info(stored).shape;
        if (!shape)
          throw new CheckpointError(
            `${path}: tensor "${stored}" with shape [${actual}] is no part of the model in config.json; weights and config do not belong together`,
          );
        if (seen.has(name))
          throw new CheckpointError(
            `${path}: tensor "${stored}" is there twice; remove the stale weight file`,
          );
        if (actual.join() !== shape.join())
          throw new CheckpointError(
            `${path}: tensor "${stored}" has shape [${actual}]; config.json asks for [${shape}]`,
          );
        seen.add(name);
        if (layerOf(name) < layers) parameters.set(name, file.read(stored).data);
      }
    } finally {
      file.close();
    }
  }
  const missing = specs.find(({ name }) => !seen.has(name));
  if (missing)
    throw new CheckpointError(
      `${paths.length === 1 ? paths[0] : join(dir, INDEX)}: tensor "${missing.name}" with shape [${missing.shape}] is missing; config.json asks for it`,
    );
  return { config, parameters };
}
