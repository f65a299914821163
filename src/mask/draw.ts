/** A picture beside what masks make of it, as a file. */
import { existsSync, writeFileSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { ConfigError, ImageError, systemCode, systemFailure } from '../errors.ts';
import { readBounded } from '../files.ts';
import { readProcessor } from '../model/processor.ts';
import { policyFolder } from '../model/shipped.ts';
import { decodeImage } from '../vision/decode.ts';
import { encodePng } from '../vision/encode.ts';
import { type RgbImage, sideBySide } from '../vision/image.ts';
import { parseProcessorConfig } from '../vision/processor.ts';
import { configsOf, type MaskOptions, type MaskSettings, wholeNumber } from './options.ts';
import { previewMasks } from './preview.ts';

/** Of a picture's file; its pixels have a bound of their own. */
const PICTURE_BYTES = 256 * 2 ** 20;
/** Masked pictures that are drawn side by side. */
const MOST_PICTURES = 64;

/**
 * Does what `papo mask` does and returns the line that it prints.
 * @throws ConfigError for a wrong option or an output that is already there, ImageError for the picture,
 *   CheckpointError for the folders
 */
export async function drawMasks(
  path: string,
  options: MaskOptions,
  settings: MaskSettings = {},
): Promise<string> {
  const { dir, name } = parse(path);
  const out = options.out ?? join(dir, `${name}.masked.png`);
  if (resolve(out) === resolve(path))
    throw new ConfigError(`--out ${out}: that is the picture itself; choose another file`);
  if (!options.force && existsSync(out)) throw alreadyThere(out);
  const configs = configsOf(options, settings);
  if (configs.length > MOST_PICTURES)
    throw new ConfigError(
      `--kind and its settings: ${configs.length} masked pictures are asked for; at most ${MOST_PICTURES} fit side by side`,
    );
  const original = await readPicture(path);
  const previews = await previewMasks(original, configs, wholeNumber('seed', options.seed ?? '1'), {
    processor: processorOf(options.policy),
  });
  const drawn = sideBySide([original, ...previews.map((p) => p.image)]);
  write(out, await encodePng(drawn), options.force === true);
  const parts = previews.map((p) => `${p.name} (${(100 * p.share).toFixed(1)} % of the pixels ${p.means})`);
  return `${out}: original, ${parts.join(', ')}; ${drawn.width}x${drawn.height} pixels\n`;
}

async function readPicture(path: string): Promise<RgbImage> {
  const limits = { most: PICTURE_BYTES, missing: 'name a picture' };
  return decodeImage(
    readBounded(path, limits, (why) => new ImageError(`${path}: ${why}`)),
    path,
  );
}

/** The policy's own image processor, else the one that Hugging Face has by default for these families. */
function processorOf(policy: string | undefined) {
  if (policy === undefined) return parseProcessorConfig({}, 'default image processor');
  return readProcessor(policyFolder(policy));
}

const alreadyThere = (out: string) =>
  new ConfigError(`${out}: already there; name another with --out, or overwrite it with --force`);

function write(out: string, png: Uint8Array, force: boolean): void {
  try {
    writeFileSync(out, png, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw alreadyThere(out);
    throw new ConfigError(`${out}: ${systemFailure(error, 'write', { instead: 'name another with --out' })}`);
  }
}
