/** A run's settings from their layers: preset, then a YAML file, then the command line. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { preset } from '../objective/presets.ts';
import { configSchema, type RunConfig } from './config.ts';
import {
  allowed,
  isObject,
  kindsOf,
  meantKey,
  nearest,
  nodeAt,
  show,
  type Values,
  variantOf,
} from './schema.ts';

/** Settings with the place they come from, for messages. */
export interface Layer {
  from: string;
  values: Values;
}

/** Settings of a YAML file. @throws ConfigError naming the line */
export function yamlLayer(path: string): Layer {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(`${path}: cannot be read (${code}); give the path of a YAML file with --config`);
  }
  const document = parseDocument(source);
  const problem = document.errors[0];
  if (problem) throw new ConfigError(`${path}: ${problem.message.split('\n')[0]!.replace(/:$/, '')}`);
  const values: unknown = document.toJS() ?? {};
  if (!isObject(values)) throw new ConfigError(`${path}: not a block of keys; see papo config`);
  return { from: path, values };
}

/** `a.b.c=value` of the command line; the value is read as YAML. */
export function setLayer(assignment: string): Layer {
  const at = assignment.indexOf('=');
  if (at < 1)
    throw new ConfigError(`--set ${assignment}: expected key=value, such as --set objective.gamma=0.01`);
  const document = parseDocument(assignment.slice(at + 1));
  if (document.errors[0])
    throw new ConfigError(`--set ${assignment}: ${document.errors[0].message.split('\n')[0]}`);
  return { from: '--set', values: nested(assignment.slice(0, at).split('.'), document.toJS()) };
}

/** `value` under a path of keys. */
export function nested(path: readonly string[], value: unknown): Values {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;
}

/** Blocks are merged key by key, anything else is replaced; a block that changes its `kind` is replaced too. */
export function merge(under: Values, over: Values): Values {
  const out: Values = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    const same =
      isObject(below) && isObject(value) && (value.kind === undefined || value.kind === below.kind);
    out[key] = same ? merge(below as Values, value as Values) : value;
  }
  return out;
}

/** What a preset settles, as settings. */
export function presetLayer(name: string, size: string): Layer {
  const { objective, mask, views, optimizer, rollout } = preset(name, size);
  const { prompts, samples, maxTokens, temperature, topP, miniBatches, maxPromptTokens } = rollout;
  const { masked: _, ...further } = views;
  const filter = rollout.dynamicSampling;
  return {
    from: `preset ${name} (${size})`,
    values: {
      preset: name,
      size,
      objective,
      ...(mask ? { mask } : {}),
      views: further,
      optimizer: { ...optimizer },
      rollout: { prompts, samples, maxTokens, temperature, topP },
      train: { miniBatches },
      data: { maxPromptTokens },
      dynamicSampling: filter
        ? {
            enabled: true,
            low: filter.low,
            high: filter.high,
            maxTries: filter.tries,
            // As many as are trained on, also where a person asks for another number of these.
            promptsPerRound: rollout.promptsPerDraw === prompts ? null : rollout.promptsPerDraw,
          }
        : { enabled: false },
    },
  };
}

/**
 * The complete settings: the preset that the layers name, then the layers, later over earlier.
 * @throws ConfigError naming the key, what was given and what is allowed
 */
export function resolveConfig(layers: readonly Layer[]): RunConfig {
  const given = layers.reduce<Values>((all, layer) => merge(all, layer.values), {});
  const { preset: name, size } = parse({ preset: given.preset, size: given.size }, layers);
  const base = presetLayer(name, size);
  return parse(merge(base.values, given), [base, ...layers]);
}

function parse(values: Values, layers: readonly Layer[]): RunConfig {
  const parsed = configSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new ConfigError(explain(parsed.error.issues[0]!, values, layers));
}

function explain(issue: z.core.$ZodIssue, values: Values, layers: readonly Layer[]): string {
  const at = nodeAt(issue.path, values);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const siblings = Object.keys((at.node && variantOf(at.node, at.value).properties) ?? {});
    const meant = meantKey(issue.path, key, siblings);
    const path = [...issue.path, key];
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return `${where(path, layers)}${path.join('.')}: no such key${hint} (here are: ${siblings.join(', ')})`;
  }
  const path = issue.path.join('.');
  const kinds = issue.path.at(-1) === 'kind' ? kindsAt(issue.path.slice(0, -1), values) : [];
  const own = !at.node || issue.code === 'custom' || issue.code === 'invalid_format';
  const choice = kinds.length > 0 ? `one of ${kinds.join(', ')}` : own ? '' : allowed(at.node!);
  const words = choice === '' ? issue.message : `allowed is ${choice}`;
  const options = kinds.length > 0 ? kinds : (at.node?.enum ?? []).map(String);
  const meant = typeof at.value === 'string' ? nearest(at.value, options) : undefined;
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `${where(issue.path, layers)}${path}: ${show(at.value)} is given, ${words}${hint}`;
}

const kindsAt = (path: readonly PropertyKey[], values: Values): string[] => {
  const { node } = nodeAt(path, values);
  return node ? kindsOf(node) : [];
};

/** The last layer that has the path, for the start of a message. */
function where(path: readonly PropertyKey[], layers: readonly Layer[]): string {
  const has = (layer: Layer) => {
    let here: unknown = layer.values;
    for (const key of path) {
      if (!(isObject(here) || Array.isArray(here)) || !(key in here)) return false;
      here = (here as Values)[String(key)];
    }
    return true;
  };
  const layer = layers.findLast(has);
  return layer ? `${layer.from}: ` : '';
}
