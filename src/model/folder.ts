/** Folders in Hugging Face's form as people name them: whether one is there, and what they have named instead. */
import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { CheckpointError, systemCode, systemFailure } from '../errors.ts';
import { readJson, shown } from '../reading.ts';

export const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
/** Bytes of an index of shards that are read at most; that of a model of 1,000 layers has 2 MiB. */
const INDEX_BYTES = 2 ** 24;

/** What a folder is wanted for. */
export interface Wanted {
  /** As in "name the folder of …". */
  what: string;
}

export const POLICY: Wanted = { what: 'a Qwen2.5-VL checkpoint' };
export const DINOV2: Wanted = { what: 'a DINOv2 checkpoint' };

/** A path that reads like the name of a model on the hub, and whose first part is no folder here. */
function hubName(path: string): string | undefined {
  const [owner, name, ...more] = relative('.', path).split(/[\\/]/);
  const isName = (part: string | undefined) => part !== undefined && /^[A-Za-z0-9][\w.-]*$/.test(part);
  if (more.length > 0 || !isName(owner) || !isName(name) || existsSync(owner)) return undefined;
  return `${owner}/${name}`;
}

const howToName = ({ what }: Wanted) =>
  `name the folder of ${what} in Hugging Face form (config.json, ${SINGLE})`;

/**
 * The names of what lies in a folder.
 * @throws CheckpointError that says what was named instead, and what to name
 */
export function listFolder(dir: string, wanted: Wanted): string[] {
  const name = howToName(wanted);
  let found: Stats;
  try {
    found = statSync(dir);
    if (found.isDirectory()) return readdirSync(dir);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new CheckpointError(`${dir}: ${systemFailure(error, 'read', { missing: name, instead: name })}`);
    const hub = hubName(dir);
    throw new CheckpointError(
      hub === undefined
        ? `${dir}: no such folder; ${name}`
        : `${dir}: no such folder here, and nothing is downloaded unasked; if this is a model of the hub, run 'hf download ${hub} --local-dir ${basename(hub)}' and name that folder`,
    );
  }
  throw new CheckpointError(`${dir}: ${aFile(dir, wanted)}`);
}

/** Makes sure that a folder with config.json is there. @throws CheckpointError as `listFolder`, and where it has none */
export function checkFolder(dir: string, wanted: Wanted): void {
  const names = listFolder(dir, wanted);
  if (names.includes('config.json')) return;
  throw new CheckpointError(
    `${join(dir, 'config.json')}: not found; ${insteadOf(dir, names, wanted) ?? howToName(wanted)}`,
  );
}

function aFile(path: string, { what }: Wanted): string {
  if (extname(path) === '.gguf')
    return `is a GGUF file, which cannot be trained; name the folder of ${what} with safetensors`;
  return `is a file; name the folder it lies in, ${dirname(path)}, where that is ${what}`;
}

/** What a folder without config.json is, where that can be told. */
function insteadOf(dir: string, names: readonly string[], wanted: Wanted): string | undefined {
  if (names.includes('adapter_config.json'))
    return `the folder holds a PEFT adapter${baseOf(dir)}, not a whole model: merge it into that in Python (PeftModel.from_pretrained, merge_and_unload, save_pretrained) and name the result`;
  if (names.some((name) => name.endsWith('.gguf')))
    return `the folder holds GGUF files, which cannot be trained; name the folder of ${wanted.what} with safetensors`;
  const inside = ['snapshots', 'checkpoints', '']
    .map((part) => join(dir, part))
    .filter((path) => existsSync(path))
    .flatMap((path) => subfolders(path));
  const last = inside.filter((path) => existsSync(join(path, 'config.json'))).at(-1);
  return last && `did you mean ${last}?`;
}

function baseOf(dir: string): string {
  try {
    const adapter = readJson(join(dir, 'adapter_config.json'), '') as { base_model_name_or_path?: unknown };
    const base = adapter?.base_model_name_or_path;
    return typeof base === 'string' ? ` of ${shown(base)}` : '';
  } catch {
    return '';
  }
}

/** At most 1,000 entries are looked at. */
function subfolders(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true }).slice(0, 1000);
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name))
      .sort();
  } catch {
    return [];
  }
}

const isFileBeside = (file: unknown): file is string =>
  typeof file === 'string' &&
  file === basename(file) &&
  !/[\\\0]/.test(file) &&
  file.endsWith('.safetensors');

/**
 * The weight files of a folder, by name. With an index, also which file is said to hold which tensor.
 * @throws CheckpointError where there are none, or the index names others than files beside it
 */
export function weightFiles(
  dir: string,
  { what }: Wanted,
): { files: string[]; map: Map<string, string> | undefined } {
  if (existsSync(join(dir, SINGLE))) return { files: [SINGLE], map: undefined };
  const indexPath = join(dir, INDEX);
  if (!existsSync(indexPath)) throw new CheckpointError(`${dir}: no weights; ${otherWeights(dir, what)}`);
  const again = 'download or save the checkpoint again';
  const index = readJson(indexPath, again, INDEX_BYTES) as { weight_map?: unknown } | null;
  const weightMap = index?.weight_map;
  if (weightMap === null || typeof weightMap !== 'object' || Array.isArray(weightMap))
    throw new CheckpointError(`${indexPath}: "weight_map" is ${shown(weightMap)}, not an object; ${again}`);
  const map = new Map<string, string>();
  for (const [name, file] of Object.entries(weightMap)) {
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
