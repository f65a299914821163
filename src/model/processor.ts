/** The image processor's settings of a policy folder, in whichever file its writer has put them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { isObject } from '../json.ts';
import { readJson } from '../reading.ts';
import { type ProcessorConfig, parseProcessorConfig } from '../vision/processor.ts';
import { POLICY } from './families.ts';
import type { Policy } from './family.ts';
import { listFolder } from './folder.ts';

const PREPROCESSOR = 'preprocessor_config.json';
/** transformers 5 keeps all processors of a model here. */
const PROCESSOR = 'processor_config.json';
const FROM_HUB = "take it from the model's hub page";

/** The file, its contents, and where in it the settings lie. As in transformers, the nested ones go first. */
function readSettings(dir: string): { file: string; json: unknown; path: string[] } {
  listFolder(dir, POLICY);
  const nested = join(dir, PROCESSOR);
  const plain = join(dir, PREPROCESSOR);
  if (existsSync(nested)) {
    const json = readJson(nested, FROM_HUB);
    if (isObject(json) && Object.hasOwn(json, 'image_processor'))
      return { file: nested, json, path: ['image_processor'] };
  }
  if (existsSync(plain) || !existsSync(nested))
    return { file: plain, json: readJson(plain, FROM_HUB), path: [] };
  throw new CheckpointError(
    `${nested}: has no "image_processor", and ${PREPROCESSOR} is missing; ${FROM_HUB}`,
  );
}

/**
 * Reads the image processor of a folder: `processor_config.json` as transformers 5 writes it, else
 * `preprocessor_config.json`.
 * @param policy the policy that the pictures are for
 * @throws CheckpointError where neither is there, a value is wrong, or the patches are not those of the policy
 */
export function readProcessor(dir: string, policy?: Policy): ProcessorConfig {
  const { file, json, path } = readSettings(dir);
  const processor = parseProcessorConfig(json, file, path);
  if (policy === undefined) return processor;
  const { patches } = policy;
  const pairs = [
    ['patch_size', processor.patchSize, 'patch_size', patches.patchSize],
    ['merge_size', processor.mergeSize, 'spatial_merge_size', patches.mergeSize],
    ['temporal_patch_size', processor.temporalPatchSize, 'temporal_patch_size', patches.temporalPatchSize],
  ] as const;
  for (const [key, own, other, wanted] of pairs)
    if (own !== wanted)
      throw new CheckpointError(
        `${file}: "${[...path, key].join('.')}" is ${own}, but "vision_config.${other}" in config.json is ${wanted}; take both files from the same model`,
      );
  return processor;
}
