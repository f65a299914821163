import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { kindSchema } from '../open-set.ts';
import type { MaskContext } from './kind.ts';
import { MASK_KINDS } from './kinds/index.ts';
import { openScorer as openDinov2 } from './scorer.ts';
import type { Mask } from './types.ts';

/** The `mask` block of a run's configuration. */
export const maskConfigSchema = kindSchema(MASK_KINDS);

/** What may be written. */
export type MaskConfig = z.input<typeof maskConfigSchema>;

/** The kind of that name. @throws ConfigError with those that there are */
export function maskKindOf(name: unknown, setting = 'mask'): (typeof MASK_KINDS)[number] {
  const found = MASK_KINDS.find(({ kind }) => kind === name);
  if (found) return found;
  const kinds = MASK_KINDS.map(({ kind }) => kind).join(', ');
  throw new ConfigError(`${setting}.kind: unknown kind; one of ${kinds}`);
}

/** Checks the block. @throws ConfigError: one line with the key, what is wrong and what is allowed */
export function parseMaskConfig(value: unknown, setting = 'mask'): z.output<typeof maskConfigSchema> {
  const parsed = maskConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = [setting, ...(issue?.path ?? [])].join('.');
  if (path === `${setting}.kind`) maskKindOf(undefined, setting);
  throw new ConfigError(`${path}: ${issue?.message}`);
}

/**
 * The mask that a configuration asks for. Throws ConfigError for a wrong setting or a missing part of `context`, and
 * what the kind's own loading throws: CheckpointError for a folder of a model, UserFunctionError for a function that
 * hangs.
 *
 * @example
 * import { readFileSync, writeFileSync } from 'node:fs';
 * import { decodeImage, encodePng, openMask, random } from 'papo';
 *
 * const image = await decodeImage(readFileSync('picture.png'));
 * const mask = await openMask({ kind: 'random', ratio: 0.6 });
 * const masked = await mask.apply(image, random(1, 'mask', 'picture.png'));
 * writeFileSync('masked.png', await encodePng(masked));
 * [masked.width, masked.height, mask.name]; // [112, 112, 'random 0.6']
 * await mask.close?.();
 */
export async function maskFromConfig(value: MaskConfig, context: MaskContext = {}): Promise<Mask> {
  const { setting = 'mask', baseDir = '.', openScorer = openDinov2 } = context;
  const config = parseMaskConfig(value, setting);
  return maskKindOf(config.kind).open(config, { ...context, setting, baseDir, openScorer });
}
