import { existsSync, writeFileSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { ConfigError, ImageError, quoted, systemCode, systemFailure } from '../errors.ts';
import { readBounded } from '../files.ts';
import { type MaskConfig, maskKindOf, parseMaskConfig } from '../mask/config.ts';
import type { MaskContext, MaskKind } from '../mask/kind.ts';
import { MASK_KINDS } from '../mask/kinds/index.ts';
import { previewMasks } from '../mask/preview.ts';
import { readProcessor } from '../model/processor.ts';
import type { SchemaNode } from '../settings/schema.ts';
import { decodeImage } from '../vision/decode.ts';
import { encodePng } from '../vision/encode.ts';
import { type RgbImage, sideBySide } from '../vision/image.ts';
import { parseProcessorConfig } from '../vision/processor.ts';

export interface MaskOptions {
  kind?: string[];
  seed?: string;
  policy?: string;
  out?: string;
  all?: boolean;
  force?: boolean;
}

/** What is given for each setting of a kind; a number can be given more than once. */
export type MaskSettings = Record<string, string | readonly string[] | undefined>;

/** Of a picture's file; its pixels have a bound of their own. */
const PICTURE_BYTES = 256 * 2 ** 20;
/** Masked pictures that are drawn side by side. */
const MOST_PICTURES = 64;

/** A setting of one value, which is an option too. */
interface Setting {
  key: string;
  isNumber: boolean;
  /** Its kinds, by what each says of it. */
  words: Map<string, string[]>;
}

/** The settings of all kinds, in their order. A block of keys is for a run: what it says shows over many steps. */
function settingsOfKinds(): Setting[] {
  const settings = new Map<string, Setting>();
  for (const { kind, settings: schema, example = {} } of MASK_KINDS) {
    const { properties } = z.toJSONSchema(schema, { io: 'input' }) as SchemaNode;
    for (const [key, node] of Object.entries(properties ?? {})) {
      const { type, description = '', default: standard = example[key] } = node;
      if (key === 'kind' || (type !== 'number' && type !== 'integer' && type !== 'string')) continue;
      const setting = settings.get(key) ?? { key, isNumber: type !== 'string', words: new Map() };
      settings.set(key, setting);
      const words = standard === undefined ? description : `${description} (default: ${standard})`;
      setting.words.set(words, [...(setting.words.get(words) ?? []), kind]);
    }
  }
  return [...settings.values()];
}

const SETTINGS = settingsOfKinds();
const KINDS = MASK_KINDS.map(({ kind }) => kind);
const [FIRST] = KINDS;
const WIDEST = Math.max(...KINDS.map((kind) => kind.length));

export function maskCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  const command = new Command('mask')
    .description('show what a mask makes of a picture: the original and the masked ones side by side')
    .argument('<image>', 'PNG, JPEG, WebP or GIF')
    .option('-k, --kind <kind>', `${KINDS.join(', ')}; can be repeated (default: ${FIRST})`, more)
    .option('--all', `every kind${kindsThatAsk()}`)
    .option('--seed <n>', 'equal seeds give equal pictures', '1')
    .option(
      '--policy <dir>',
      `checkpoint folder whose image processor settles the size, for ${kindsThatNeed('processor')}`,
    )
    .option('-o, --out <file>', 'PNG to write (default: <name>.masked.png beside the picture)')
    .option('-f, --force', 'overwrite the file');
  for (const { key, isNumber, words } of SETTINGS) {
    const flags = `${key === 'ratio' ? '-r, ' : ''}--${key} <${isNumber ? 'n' : 'path'}>`;
    const each = [...words].map(([text, kinds]) => `${kinds.join(', ')}: ${text}`);
    if (isNumber) command.option(flags, [...each, 'can be repeated'].join('; '), more);
    else command.option(flags, each.join('; '));
  }
  const kinds = MASK_KINDS.map(({ kind, settings }) => `  ${kind.padEnd(WIDEST)}  ${settings.description}`);
  command.addHelpText('after', `\nKinds:\n${kinds.join('\n')}`);
  return command.action(async (image: string, options: MaskOptions & MaskSettings) => {
    const { kind, seed, policy, out, all, force, ...settings } = options;
    process.stdout.write(await drawMasks(image, { kind, seed, policy, out, all, force }, settings));
  });
}

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

/** `; semantic with --model`: kinds that ask for a setting, which `--all` leaves out without it. */
function kindsThatAsk(): string {
  const asking = MASK_KINDS.flatMap(({ kind, asks = {} }) =>
    Object.keys(asks).map((key) => `${kind} with --${key}`),
  );
  return asking.length > 0 ? `; ${asking.join(', ')}` : '';
}

const kindsThatNeed = (part: keyof MaskContext): string =>
  MASK_KINDS.filter(({ needs = [] }) => needs.includes(part))
    .map(({ kind }) => kind)
    .join(', ');

/** One configuration for every kind and every combination of the settings that it has. */
function configsOf({ all, kind }: MaskOptions, settings: MaskSettings): MaskConfig[] {
  const given = SETTINGS.filter(({ key }) => settings[key] !== undefined);
  const asked = (kind: MaskKind) => Object.entries(kind.asks ?? {});
  const has = (kind: MaskKind, key: string) => Object.hasOwn(kind.settings.shape, key);
  const complete = MASK_KINDS.filter((k) => asked(k).every(([key]) => settings[key] !== undefined));
  const names = all ? complete.map((k) => k.kind) : (kind ?? [FIRST]);
  const chosen = names.map((name) => maskKindOf(name));
  for (const { key, words } of given)
    if (!chosen.some((kind) => has(kind, key)))
      throw new ConfigError(
        `--${key}: no setting of ${names.join(', ')}; it belongs to ${[...words.values()].flat().join(', ')}`,
      );
  return chosen.flatMap((kind) => {
    for (const [key, what] of asked(kind))
      if (settings[key] === undefined)
        throw new ConfigError(`--${key}: missing; ${what} for --kind ${kind.kind}`);
    const own = given.filter(({ key }) => has(kind, key));
    if (own.length === 0) return [parseMaskConfig({ kind: kind.kind, ...kind.example })];
    let configs: Record<string, unknown>[] = [{ kind: kind.kind }];
    for (const { key, isNumber } of own)
      configs = configs.flatMap((config) =>
        [settings[key] ?? []]
          .flat()
          .map((text) => ({ ...config, [key]: isNumber ? number(key, text) : text })),
      );
    return configs.map((config) => parseMaskConfig(config));
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

/** The policy's own image processor, else the one that Hugging Face has by default for these families. */
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
