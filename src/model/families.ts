/** The families of policies that can be trained here. To add one: a folder that exports a `Family`, and a line below. */
import { CheckpointError } from '../errors.ts';
import { isObject } from '../json.ts';
import { shown } from '../reading.ts';
import type { Family, Policy } from './family.ts';
import type { Wanted } from './folder.ts';
import { whatElse } from './other-models.ts';
import { qwen2_5_vl } from './qwen2_5_vl/index.ts';

/** The first is that of policies which are made from nothing. */
export const families: readonly [Family, ...Family[]] = [qwen2_5_vl];

/** Whatever is asked of a family: the one of a `model_type`. */
export const familyOf = (modelType: unknown): Family | undefined =>
  families.find((f) => f.modelType === modelType);

const list = (items: string[]) =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** The folder of any of them. */
export const POLICY: Wanted = { what: `a ${families.map((f) => f.title).join(' or ')} checkpoint` };

/**
 * The policy that a folder's config.json describes.
 * @param config parsed contents of config.json @param generation those of generation_config.json, where there is one
 * @param dir the folder, for messages
 * @throws CheckpointError on another model, a missing key, sizes that do not fit each other
 */
export function parsePolicy(config: unknown, generation: unknown, dir: string): Policy {
  const file = `${dir}/config.json`;
  if (!isObject(config))
    throw new CheckpointError(
      `${file}: the file must hold a JSON object; take the file from the model's hub page`,
    );
  const type = Object.hasOwn(config, 'model_type') ? config.model_type : undefined;
  const family = familyOf(type);
  if (!family) {
    const part = families.find((f) => typeof type === 'string' && Object.hasOwn(f.parts, type))?.parts;
    const what = part?.[String(type)] ?? whatElse(type);
    const found = type === undefined || type === null ? 'is missing' : `is ${shown(type)}`;
    const supported = list(families.map((f) => `"${f.modelType}" (${f.title})`));
    throw new CheckpointError(
      `${file}: "model_type" ${found}${what ? `, that is ${what}` : ''}; supported ${families.length > 1 ? 'are' : 'is'} ${supported}, name such a folder: ${families[0].example} from the hub, for one`,
    );
  }
  if (Object.hasOwn(config, 'quantization_config') && config.quantization_config !== null)
    throw new CheckpointError(
      `${file}: the weights are quantised ("quantization_config"), which cannot be trained; take the checkpoint that they were made from`,
    );
  return family.read(config, generation, dir);
}
