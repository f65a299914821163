import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, ImageError } from '../errors.ts';
import type { Random } from '../random.ts';
import { checkImage, type RgbImage } from '../vision/image.ts';
import type { Mask } from './types.ts';

/**
 * A user's own mask. It gets a copy of the picture that it may change in place, the stream that all chance must come
 * from, and the configured ratio; it returns the masked picture in the same size.
 *
 * @example
 * export default function topHalf(image, rng, ratio) {
 *   image.data.fill(0, 0, Math.floor(image.height * ratio) * image.width * 3);
 *   return image;
 * }
 */
export type MaskFunction = (image: RgbImage, rng: Random, ratio: number) => RgbImage | Promise<RgbImage>;

/** `path#export`; without `#` the default export. */
function splitReference(reference: string): { path: string; name: string } {
  const hash = reference.lastIndexOf('#');
  if (hash < 0) return { path: reference, name: 'default' };
  return { path: reference.slice(0, hash), name: reference.slice(hash + 1) || 'default' };
}

/** Wraps a function as a mask that checks what comes back. `where` leads the message of the ImageError it throws. */
export function functionMask(fn: MaskFunction, ratio: number, where: string): Mask {
  return {
    name: `function ${where}`,
    async apply(img, rng) {
      const out: unknown = await fn({ ...img, data: img.data.slice() }, rng, ratio);
      if (typeof out !== 'object' || out === null || !('data' in out))
        throw new ImageError(
          `mask function ${where}: returned ${out === null ? 'null' : typeof out}; return { width, height, data }`,
        );
      const masked = out as RgbImage;
      if (masked.width !== img.width || masked.height !== img.height)
        throw new ImageError(
          `mask function ${where}: returned ${masked.width}x${masked.height} for a picture of ${img.width}x${img.height}; keep the size`,
        );
      checkImage(masked, `mask function ${where}`);
      return { width: masked.width, height: masked.height, data: masked.data, fitted: img.fitted };
    },
  };
}

/**
 * Loads `path.js#export` (or `path.mjs`, or `path.ts` on a Node that runs TypeScript); a relative path counts from
 * `baseDir`, the folder of the configuration file. Throws ConfigError when the module or the export is missing.
 */
export async function loadFunctionMask(reference: string, ratio: number, baseDir: string): Promise<Mask> {
  const { path, name } = splitReference(reference);
  const file = isAbsolute(path) ? path : resolve(baseDir, path);
  if (!existsSync(file)) throw new ConfigError(`mask.function: no file ${file}; correct the path`);
  let module: Record<string, unknown>;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    const unknownExtension = (error as { code?: string }).code === 'ERR_UNKNOWN_FILE_EXTENSION';
    throw new ConfigError(
      unknownExtension
        ? `mask.function: Node ${process.versions.node} does not run ${file}; use Node 22.18 or newer, or give a .js or .mjs file`
        : `mask.function: ${file} cannot be loaded: ${why}`,
    );
  }
  const fn = module[name];
  if (typeof fn !== 'function') {
    const offered = Object.keys(module)
      .filter((key) => typeof module[key] === 'function')
      .sort();
    throw new ConfigError(
      `mask.function: ${file} has no function ${name}; it exports ${offered.length ? offered.join(', ') : 'no function'}`,
    );
  }
  return functionMask(fn as MaskFunction, ratio, reference);
}
