/** The kinds of mask with what can be set of them as options that a person types, and what is asked for with these. */
import { z } from 'zod';
import { ConfigError, quoted } from '../errors.ts';
import { type MaskConfig, maskKindOf, parseMaskConfig } from './config.ts';
import type { MaskKind } from './kind.ts';
import { MASK_KINDS } from './kinds/index.ts';

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

/** The part of JSON Schema that is looked at. */
interface Node {
  type?: unknown;
  description?: string;
  default?: unknown;
}

/** A setting of one value, which is an option too. */
export interface MaskSetting {
  key: string;
  isNumber: boolean;
  /** Its kinds, by what each says of it. */
  words: Map<string, string[]>;
}

/** The settings of all kinds, in their order. A block of keys is for a run: what it says shows over many steps. */
function settingsOfKinds(): MaskSetting[] {
  const settings = new Map<string, MaskSetting>();
  for (const { kind, settings: schema, example = {} } of MASK_KINDS) {
    const { properties } = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, Node> };
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

export const MASK_SETTINGS: readonly MaskSetting[] = settingsOfKinds();
/** One configuration for every kind and every combination of the settings that it has. */
export function configsOf(
  { all, kind }: Pick<MaskOptions, 'all' | 'kind'>,
  settings: MaskSettings,
): MaskConfig[] {
  const given = MASK_SETTINGS.filter(({ key }) => settings[key] !== undefined);
  const asked = (kind: MaskKind) => Object.entries(kind.asks ?? {});
  const has = (kind: MaskKind, key: string) => Object.hasOwn(kind.settings.shape, key);
  const complete = MASK_KINDS.filter((k) => asked(k).every(([key]) => settings[key] !== undefined));
  const names = all ? complete.map((k) => k.kind) : (kind ?? [MASK_KINDS[0].kind]);
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

export function wholeNumber(option: string, text: string): number {
  const value = number(option, text);
  if (!Number.isSafeInteger(value)) throw new ConfigError(`--${option} ${quoted(text)}: give a whole number`);
  return value;
}
