/** A DINOv2 folder in Hugging Face form: config.json with model.safetensors or shards and their index. */
import { join } from 'node:path';
import { readJson } from '../../reading.ts';
import { checkFolder, type Wanted } from '../folder.ts';
import { readWeights } from '../weight-reader.ts';
import { type Dinov2Config, dinov2Specs, parseDinov2Config } from './config.ts';

const DINOV2: Wanted = { what: 'a DINOv2 checkpoint' };

export interface Dinov2Checkpoint {
  config: Dinov2Config;
  /** By the hub's names, as float32. */
  parameters: Map<string, Float32Array>;
}

/** What a folder may hold beside `dinov2Specs`: the mask token of pre-training and the head of a classifier. */
const isIgnored = (name: string) => name === 'embeddings.mask_token' || name.startsWith('classifier.');

/** The number of the layer that a parameter is of, -1 outside the layers. */
const layerOf = (name: string) => Number(/^encoder\.layer\.(\d+)\./.exec(name)?.[1] ?? -1);

/**
 * Reads a Dinov2Model, or the one inside a Dinov2ForImageClassification. All tensors are checked; those of layers from
 * `layers` on are not read.
 * @throws CheckpointError naming the file and the tensor: missing, of another shape, twice there, no part of the model,
 *   or with a value that is not a number
 */
export function readDinov2(dir: string, layers = Number.POSITIVE_INFINITY): Dinov2Checkpoint {
  checkFolder(dir, DINOV2);
  const configPath = join(dir, 'config.json');
  const config = parseDinov2Config(readJson(configPath, "take it from the model's hub page"), configPath);
  const tensors = readWeights(dir, DINOV2, dinov2Specs(config), {
    nameOf: (stored) => (stored.startsWith('dinov2.') ? stored.slice('dinov2.'.length) : stored),
    storedAs: (name) => name,
    isIgnored,
    isWanted: (name) => layerOf(name) < layers,
  });
  return { config, parameters: new Map([...tensors].map(([name, { data }]) => [name, data])) };
}
