import { existsSync, writeFileSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { Command } from 'commander';
import { ConfigError, ImageError, quoted, systemCode, systemFailure } from '../errors.ts';
import { readBounded } from '../files.ts';
import type { MaskConfig } from '../mask/config.ts';
import { previewMasks } from '../mask/preview.ts';
import { readProcessor } from '../model/processor-file.ts';
import { decodeImage } from '../vision/decode.ts';
import { encodePng } from '../vision/encode.ts';
import { type RgbImage, sideBySide } from '../vision/image.ts';
import { parseProcessorConfig } from '../vision/processor.ts';

export interface MaskOptions {
  kind?: string[];
  ratio?: string[];
  seed?: string;
  model?: string;
  policy?: string;
  module?: string;
  std?: string;
  step?: string;
  out?: string;
  all?: boolean;
  force?: boolean;
}

/** Of a picture's file; its pixels have a bound of their own. */
const PICTURE_BYTES = 256 * 2 ** 20;
/** Masked pictures that are drawn side by side. */
const MOST_PICTURES = 64;

/** Half of the way to pure noise, the step at which NoisyRollout (arXiv 2504.13055) starts. */
const NOISE_STEP = 500;

export function maskCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  return new Command('mask')
    .description('show what a mask makes of a picture: the original and the masked ones side by side')
    .argument('<image>', 'PNG, JPEG, WebP or GIF')
    .option(
      '-k, --kind <kind>',
      'random, patch, semantic, noise, blank or function; can be repeated (default: random)',
      more,
    )
    .option(
      '-r, --ratio <ratio>',
      'probability or share of what is masked; can be repeated (default: 0.6)',
      more,
    )
    .option('--all', 'every kind; semantic with --model, function with --module')
    .option('--seed <n>', 'equal seeds give equal pictures', '1')
    .option('--model <dir>', 'DINOv2 checkpoint folder, for semantic')
    .option('--policy <dir>', 'checkpoint folder whose image processor settles the size, for patch')
    .option('--module <path#export>', 'your own mask, for function')
    .option('--std <levels>', 'grey levels, for noise')
    .option('--step <n>', `diffusion step 0..999, for noise (default: ${NOISE_STEP})`)
    .option('-o, --out <file>', 'PNG to write (default: <name>.masked.png beside the picture)')
    .option('-f, --force', 'overwrite the file')
    .action(async (image: string, options: MaskOptions) => {
      process.stdout.write(await drawMasks(image, options));
    });
}

/**
 * Does what `papo mask` does and returns the line that it prints.
 * @throws ConfigError for a wrong option or an output that is already there, ImageError for the picture,
 *   CheckpointError for the folders
 */
export async function drawMasks(path: string, options: MaskOptions): Promise<string> {
  const { dir, name } = parse(path);
  const out = options.out ?? join(dir, `${name}.masked.png`);
  if (resolve(out) === resolve(path))
    throw new ConfigError(`--out ${out}: that is the picture itself; choose another file`);
  if (!options.force && existsSync(out)) throw alreadyThere(out);
  const configs = configsOf(options);
  if (configs.length > MOST_PICTURES)
    throw new ConfigError(
      `--kind and --ratio: ${configs.length} masked pictures are asked for; at most ${MOST_PICTURES} fit side by side`,
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

/** One configuration for every kind, and for every ratio where the kind has one. */
function configsOf(o: MaskOptions): MaskConfig[] {
  const every = [
    'random',
    'patch',
    ...(o.model ? ['semantic'] : []),
    'noise',
    'blank',
    ...(o.module ? ['function'] : []),
  ];
  const kinds = o.all ? every : (o.kind ?? ['random']);
  const ratios = (o.ratio ?? ['0.6']).map((r) => number('ratio', r));
  return kinds.flatMap((kind) => {
    if (kind === 'blank') return [{ kind }];
    if (kind === 'noise') {
      if (o.std === undefined) return [{ kind, step: number('step', o.step ?? String(NOISE_STEP)) }];
      return [{ kind, std: number('std', o.std), ...(o.step ? { step: number('step', o.step) } : {}) }];
    }
    if (kind === 'function' && !o.module)
      throw new ConfigError('--module: missing; name your mask as path#export for --kind function');
    if (kind === 'semantic' && !o.model)
      throw new ConfigError('--model: missing; name a DINOv2 checkpoint folder for --kind semantic');
    const extra = kind === 'semantic' ? { model: o.model } : kind === 'function' ? { module: o.module } : {};
    // An unknown kind is told by parseMaskConfig, with the list of those that exist.
    return ratios.map((ratio) => ({ kind, ratio, ...extra }) as MaskConfig);
  });
}

function number(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value))
    throw new ConfigError(`--${option} ${quoted(text)}: not a number; give one such as 0.6`);
  return value;
}

function wholeNumber(option: string, text: string): number {
  const value = number(option, text);
  if (!Number.isSafeInteger(value)) throw new ConfigError(`--${option} ${quoted(text)}: give a whole number`);
  return value;
}

async function readPicture(path: string): Promise<RgbImage> {
  const limits = { most: PICTURE_BYTES, missing: 'name a picture' };
  return decodeImage(
    readBounded(path, limits, (why) => new ImageError(`${path}: ${why}`)),
    path,
  );
}

/** The policy's own image processor, else that of Qwen2.5-VL as Hugging Face has it by default. */
function processorOf(policy: string | undefined) {
  if (policy === undefined) return parseProcessorConfig({}, 'default image processor');
  return readProcessor(policy);
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
