/**
 * Checkpoint folders in Hugging Face's form: config.json, the tokenizer's and processor's files, and the weights in
 * model.safetensors or in shards with model.safetensors.index.json.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CheckpointError, systemCode, systemFailure } from '../errors.ts';
import { type Json, type JsonObject, type PolicyConfig, parsePolicyConfig } from './config.ts';
import { writeAside } from './files.ts';
import { detectLayout, fromHubName, type NameLayout, parameterSpecs, toHubName } from './names.ts';
import type { HostTensor } from './safetensors.ts';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors-file.ts';

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

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const OPTIMIZER = 'optimizer.safetensors';

export interface Checkpoint {
  config: PolicyConfig;
  /** By the hub's names, in the order of `parameterSpecs`. */
  parameters: Map<string, HostTensor>;
  /** Which names the files use; a checkpoint is written back with the names it came with. */
  layout: NameLayout;
  /** Companion files by name, as they were read. */
  extraFiles: Map<string, Uint8Array>;
}

/** @throws CheckpointError where the file is missing or not JSON */
export function readJson(path: string, fix: string): Json {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    const why = code === 'ENOENT' || code === 'ENOTDIR' ? `not found; ${fix}` : systemFailure(error, 'read');
    throw new CheckpointError(`${path}: ${why}`, { cause: error });
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CheckpointError(
      `${path}: not valid JSON (${(error as Error).message.split('\n')[0]}); download or save it again`,
    );
  }
}

/** config.json and generation_config.json of a folder. */
export function readPolicyConfig(dir: string): PolicyConfig {
  if (!existsSync(dir))
    throw new CheckpointError(
      `${dir}: no such folder; give a checkpoint folder with config.json and ${SINGLE}`,
    );
  const config = readJson(join(dir, 'config.json'), 'give a checkpoint folder in Hugging Face form');
  const generation = join(dir, 'generation_config.json');
  return parsePolicyConfig(config, existsSync(generation) ? readJson(generation, '') : undefined, dir);
}

/** The weight files of a folder. With an index, also which file holds which tensor. */
function weightFiles(dir: string): { files: string[]; map: Map<string, string> | undefined } {
  if (existsSync(join(dir, SINGLE))) return { files: [SINGLE], map: undefined };
  const indexPath = join(dir, INDEX);
  if (!existsSync(indexPath)) {
    const old = readdirSync(dir).find((name) => /^pytorch_model.*\.bin$/.test(name));
    const fix = old
      ? `only ${old} is there, convert it to safetensors`
      : `put ${SINGLE}, or shards with ${INDEX}, there`;
    throw new CheckpointError(`${dir}: no weights; ${fix}`);
  }
  const index = readJson(indexPath, '') as { weight_map?: Json } | null;
  const weightMap = index?.weight_map;
  if (
    weightMap === undefined ||
    weightMap === null ||
    typeof weightMap !== 'object' ||
    Array.isArray(weightMap)
  ) {
    throw new CheckpointError(`${indexPath}: "weight_map" is missing; download or save the checkpoint again`);
  }
  const map = new Map<string, string>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (
      typeof file !== 'string' ||
      file !== basename(file) ||
      file.includes('\\') ||
      !file.endsWith('.safetensors')
    ) {
      throw new CheckpointError(
        `${indexPath}: tensor "${name}" is said to be in ${JSON.stringify(file)}; expected a .safetensors file beside the index`,
      );
    }
    map.set(name, file);
  }
  const files = [...new Set(map.values())].sort();
  for (const file of files) {
    if (!existsSync(join(dir, file)))
      throw new CheckpointError(
        `${join(dir, file)}: the index names this shard but it is missing; download it`,
      );
  }
  return { files, map };
}

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((n, i) => n === b[i]);

/** What transformers tolerates too: buffers of old saves, and the copy of the embedding in a tied checkpoint. */
const isIgnored = (name: string, config: PolicyConfig) =>
  name.endsWith('.inv_freq') || (name === 'lm_head.weight' && config.text.tieWordEmbeddings);

/**
 * Reads a whole checkpoint into memory as float32.
 * @throws CheckpointError naming the file and the tensor: missing, of another shape, or not part of the policy
 */
export function readCheckpoint(dir: string): Checkpoint {
  const config = readPolicyConfig(dir);
  const { files, map } = weightFiles(dir);
  const specs = new Map(parameterSpecs(config).map((spec) => [spec.name, spec.shape]));
  const found = new Map<string, HostTensor>();
  let layout: NameLayout = 'hub';
  for (const fileName of files) {
    const path = join(dir, fileName);
    const file = new SafetensorsFile(path);
    try {
      if (detectLayout(file.names) === 'transformers5') layout = 'transformers5';
      for (const stored of file.names) {
        const name = toHubName(stored);
        const shape = specs.get(name);
        if (!shape) {
          if (isIgnored(name, config)) continue;
          throw new CheckpointError(
            `${path}: tensor "${stored}" with shape [${file.info(stored).shape}] is no part of the policy in config.json; weights and config do not belong together`,
          );
        }
        if (found.has(name))
          throw new CheckpointError(
            `${path}: tensor "${stored}" is there twice; remove the stale weight file`,
          );
        const actual = file.info(stored).shape;
        if (!sameShape(actual, shape)) {
          throw new CheckpointError(
            `${path}: tensor "${stored}" has shape [${actual}]; config.json asks for [${shape}]`,
          );
        }
        found.set(name, file.read(stored));
      }
    } finally {
      file.close();
    }
  }
  const parameters = new Map<string, HostTensor>();
  for (const [name, shape] of specs) {
    const tensor = found.get(name);
    if (!tensor) {
      const stored = fromHubName(name, layout);
      const file = join(dir, map?.get(stored) ?? (map ? INDEX : SINGLE));
      throw new CheckpointError(
        `${file}: tensor "${stored}" with shape [${shape}] is missing; config.json asks for it`,
      );
    }
    parameters.set(name, tensor);
  }
  const extraFiles = new Map<string, Uint8Array>();
  for (const name of COMPANION_FILES) {
    if (existsSync(join(dir, name))) extraFiles.set(name, readFileSync(join(dir, name)));
  }
  return { config, parameters, layout, extraFiles };
}

const jsonBytes = (json: Json) => new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`);

/** The config as it came, but for the dtype keys that are there: the weights beside it are float32. */
export function configForFloat32(config: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(config)) {
    if ((key === 'dtype' || key === 'torch_dtype') && typeof value === 'string') out[key] = 'float32';
    else if (
      (key === 'text_config' || key === 'vision_config') &&
      value !== null &&
      typeof value === 'object'
    ) {
      out[key] = configForFloat32(value as JsonObject);
    } else out[key] = value;
  }
  return out;
}

export interface WriteOptions {
  /** Largest size of one weight file; a tensor that is larger gets a file to itself. Hugging Face's default is 5e10. */
  shardBytes?: number;
}

/** Tensors in files of at most `limit` bytes, in order. */
function intoShards(tensors: Map<string, HostTensor>, limit: number): Map<string, HostTensor>[] {
  const shards: Map<string, HostTensor>[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const [name, tensor] of tensors) {
    if (size + tensor.data.byteLength > limit) {
      shards.push(new Map());
      size = 0;
    }
    shards[shards.length - 1]!.set(name, tensor);
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
  const { config, parameters, layout, extraFiles } = checkpoint;
  const tensors = new Map<string, HostTensor>();
  for (const { name, shape } of parameterSpecs(config)) {
    const tensor = parameters.get(name);
    const problem = !tensor
      ? 'is missing'
      : sameShape(tensor.shape, shape)
        ? ''
        : `has shape [${tensor.shape}]`;
    if (problem)
      throw new CheckpointError(`${dir}: parameter "${name}" ${problem}; the config asks for [${shape}]`);
    tensors.set(fromHubName(name, layout), tensor!);
  }
  try {
    mkdirSync(dir, { recursive: true });
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
    if (!extraFiles.has('generation_config.json') && config.raw.generation) {
      put('generation_config.json', jsonBytes(config.raw.generation));
    }
    put('config.json', jsonBytes(configForFloat32(config.raw.config)));
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
