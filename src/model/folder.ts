/** Folders in Hugging Face's form as people name them: whether one is there, and what they have named instead. */
import { existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { z } from 'zod';
import { CheckpointError, systemCode, systemFailure } from '../errors.ts';
import { parseJson } from '../json.ts';
import { readJson, shown } from '../reading.ts';

export const SINGLE = 'model.safetensors';

/** What a folder is wanted for. */
export interface Wanted {
  /** As in "name the folder of …". */
  what: string;
}

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

const adapterKeys = z.object({ base_model_name_or_path: z.string() });

function baseOf(dir: string): string {
  try {
    const file = join(dir, 'adapter_config.json');
    const { base_model_name_or_path: base } = parseJson(adapterKeys, readJson(file, ''), file);
    return ` of ${shown(base)}`;
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
