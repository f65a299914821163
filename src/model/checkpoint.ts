/**
 * Checkpoint folders in Hugging Face's form: config.json, the tokenizer's and processor's files, and the weights in
 * model.safetensors or in shards with model.safetensors.index.json.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAside } from '../durable.ts';
import { CheckpointError, systemFailure } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { MIB, readJson, readPlain } from '../reading.ts';
import { POLICY, parsePolicy } from './families.ts';
import type { NameLayout, Policy } from './family.ts';
import { checkFolder, SINGLE } from './folder.ts';
import type { HostTensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors-file.ts';
import { INDEX, readWeights, sameShape } from './weight-reader.ts';

/** Files beside config.json and the weights that make a folder complete; copied as they are. */
export const COMPANION_FILES = [
  'generation_config.json',
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.json',
  'merges.txt',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.json',
  'chat_template.jinja',
] as const;

const OPTIMIZER = 'optimizer.safetensors';

export interface Checkpoint {
  policy: Policy;
  /** By their names here, in the order of `policy.parameters`. */
  parameters: Map<string, HostTensor>;
  /** Which names the files use; a checkpoint is written back with the names it came with. */
  layout: NameLayout;
  /** Companion files by name, as they were read. */
  extraFiles: Map<string, Uint8Array>;
}

/** Bytes of one companion file at most; the largest real one, tokenizer.json, has 11 MiB. */
const COMPANION_BYTES = 64 * MIB;

const FROM_HUB = "take it from the model's hub page";

/** The policy that a folder describes, its weights unread. @throws CheckpointError where it is no folder of a policy */
export function readPolicy(dir: string): Policy {
  checkFolder(dir, POLICY);
  const config = readJson(join(dir, 'config.json'), FROM_HUB);
  const generation = join(dir, 'generation_config.json');
  return parsePolicy(config, existsSync(generation) ? readJson(generation, FROM_HUB) : undefined, dir);
}

/**
 * Reads a whole checkpoint into memory as float32.
 * @throws CheckpointError naming the file and the tensor: missing, of another shape, not part of the policy, or with a
 *   value that is not a number
 */
export function readCheckpoint(dir: string): Checkpoint {
  const policy = readPolicy(dir);
  const { names } = policy;
  let layout = names.usual;
  const parameters = readWeights(dir, POLICY, policy.parameters, {
    nameOf(stored) {
      layout = names.layoutOf(stored) ?? layout;
      return names.toOwn(stored);
    },
    storedAs: (name) => names.toStored(name, layout),
    isIgnored: names.isIgnored,
  });
  const extraFiles = new Map<string, Uint8Array>();
  for (const name of COMPANION_FILES) {
    const path = join(dir, name);
    if (existsSync(path)) extraFiles.set(name, readPlain(path, COMPANION_BYTES, FROM_HUB));
  }
  return { policy, parameters, layout, extraFiles };
}

const jsonBytes = (json: Json) => new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);

/** The config as it came, but for the dtype keys that are there: the weights beside it are float32. */
export function configForFloat32(config: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, Json] => {
      if ((key === 'dtype' || key === 'torch_dtype') && typeof value === 'string') return [key, 'float32'];
      const isTower = key === 'text_config' || key === 'vision_config';
      return [key, isTower && isObject(value) ? configForFloat32(value as JsonObject) : value];
    }),
  );
}

export interface WriteOptions {
  /** Largest size of one weight file; a tensor that is larger gets a file to itself. Hugging Face's default is 5e10. */
  shardBytes?: number;
}

/** Tensors in files of at most `limit` bytes, in order. */
function intoShards(tensors: Map<string, HostTensor>, limit: number): Map<string, HostTensor>[] {
  const shards: Map<string, HostTensor>[] = [];
  let shard = new Map<string, HostTensor>();
  let size = Number.POSITIVE_INFINITY;
  for (const [name, tensor] of tensors) {
    if (size + tensor.data.byteLength > limit) {
      shard = new Map();
      shards.push(shard);
      size = 0;
    }
    shard.set(name, tensor);
    size += tensor.data.byteLength;
  }
  return shards;
}

/**
 * Writes a folder that `transformers` loads (verified with transformers 5.18, both name layouts, with and without
 * shards). Each file is written aside, synced and renamed; the weights come last.
 * @throws CheckpointError where the folder already holds a checkpoint, a parameter is missing or has another shape,
 *   or the disk is full; what this call wrote is removed then
 */
export function writeCheckpoint(dir: string, checkpoint: Checkpoint, options: WriteOptions = {}): void {
  const { policy, parameters, layout, extraFiles } = checkpoint;
  const tensors = new Map<string, HostTensor>();
  for (const { name, shape } of policy.parameters) {
    const tensor = parameters.get(name);
    if (!tensor || !sameShape(tensor.shape, shape)) {
      const problem = tensor ? `has shape [${tensor.shape}]` : 'is missing';
      throw new CheckpointError(`${dir}: parameter "${name}" ${problem}; the config asks for [${shape}]`);
    }
    tensors.set(policy.names.toStored(name, layout), tensor);
  }
  try {
    makeFolder(dir);
  } catch (error) {
    throw new CheckpointError(`${dir}: ${systemFailure(error, 'write')}`, { cause: error });
  }
  // Weights of an earlier save could be mixed with ours by whoever loads the folder.
  const present = readdirSync(dir).find(
    (name) => name === 'config.json' || /^model.*\.safetensors(\.index\.json)?$/.test(name),
  );
  if (present)
    throw new CheckpointError(
      `${join(dir, present)}: the folder already holds a checkpoint; choose an empty folder`,
    );

  const written: string[] = [];
  const put = (name: string, bytes: Uint8Array) => {
    writeAside(join(dir, name), () => [bytes]);
    written.push(name);
  };
  try {
    for (const [name, bytes] of extraFiles) put(name, bytes);
    if (!extraFiles.has('generation_config.json') && policy.raw.generation) {
      put('generation_config.json', jsonBytes(policy.raw.generation));
    }
    put('config.json', jsonBytes(configForFloat32(policy.raw.config)));
    const shards = intoShards(tensors, options.shardBytes ?? 5e10);
    const weightMap: JsonObject = {};
    shards.forEach((shard, i) => {
      const part = (n: number) => String(n).padStart(5, '0');
      const file =
        shards.length === 1 ? SINGLE : `model-${part(i + 1)}-of-${part(shards.length)}.safetensors`;
      writeSafetensors(join(dir, file), shard);
      written.push(file);
      for (const name of shard.keys()) weightMap[name] = file;
    });
    if (shards.length > 1) {
      const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      put(INDEX, jsonBytes({ metadata: { total_size: bytes }, weight_map: weightMap }));
    }
  } catch (error) {
    for (const name of written) rmSync(join(dir, name), { force: true });
    throw error;
  }
}

/** Named arrays beside a checkpoint, such as the optimiser's moments. */
export function writeOptimizer(dir: string, tensors: ReadonlyMap<string, HostTensor>): void {
  writeSafetensors(join(dir, OPTIMIZER), tensors);
}

/** What `writeOptimizer` wrote, or nothing where the folder has no such file. */
export function readOptimizer(dir: string): Map<string, HostTensor> | undefined {
  const path = join(dir, OPTIMIZER);
  return existsSync(path) ? readSafetensors(path) : undefined;
}
