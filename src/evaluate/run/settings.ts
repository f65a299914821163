/** How a policy is asked: as it was trained, unless a person says otherwise. */
import { readPolicy } from '../../model/checkpoint.ts';
import { sizeOf } from '../../model/parameters.ts';
import { isBuiltin, policyFolder } from '../../model/shipped.ts';
import type { RunConfig } from '../../settings/config.ts';
import { type Layer, nested, resolveConfig, yamlLayer } from '../../settings/resolve.ts';
import type { Target } from '../policy/target.ts';
import type { Sampling } from '../types.ts';

/** From how many parameters on a policy that no run tells of is asked as the paper's are. */
const LARGE = 50_000_000;

/** What a person may say of how the questions are put and the answers drawn; what is left out is as in training. */
export interface AskSettings extends Partial<Sampling> {
  /** Settings of a run, laid over those of the training: data.systemPrompt, data.maxPixels, engine.threads, … */
  layers?: readonly Layer[];
}

export interface Asking {
  /** The settings of training with what was said laid over them. */
  config: RunConfig;
  sampling: Sampling;
  /** Where a value is not the one of training, in words. */
  differs: string[];
  /** Where the settings of training are from. */
  trained: string;
}

/** @throws ConfigError for a setting, CheckpointError where there is no policy */
export function askingOf(target: Target, { layers = [], ...given }: AskSettings = {}): Asking {
  // First, for its own words where there is none.
  if (target.kind === 'local') policyFolder(target.policy);
  const own = trainedLayers(target);
  const policy: Layer[] =
    target.kind === 'local' ? [{ from: 'the policy', values: { policy: target.policy } }] : [];
  const before = resolveConfig([...own.layers, ...policy]);
  const config = resolveConfig([...own.layers, ...layers, ...policy]);
  const { temperature, topP, maxTokens } = before.rollout;
  const now = config.rollout;
  const training: Sampling = { temperature, topP, topK: 0, maxTokens };
  const sampling = {
    temperature: given.temperature ?? now.temperature,
    topP: given.topP ?? now.topP,
    topK: given.topK ?? 0,
    maxTokens: given.maxTokens ?? now.maxTokens,
  };
  const names = Object.keys(sampling) as (keyof Sampling)[];
  const differs = [
    ...names.flatMap((name) => difference(name, training[name], sampling[name])),
    ...(['formatPrompt', 'systemPrompt', 'minPixels', 'maxPixels'] as const).flatMap((key) =>
      difference(`data.${key}`, before.data[key], config.data[key]),
    ),
  ];
  return { config, sampling, differs, trained: own.words };
}

const difference = (name: string, trained: unknown, now: unknown): string[] =>
  trained === now ? [] : [`${name} ${JSON.stringify(now)} (in training ${JSON.stringify(trained)})`];

/** The settings that the policy was trained with, as far as they are known. */
function trainedLayers(target: Target): { layers: Layer[]; words: string } {
  if (target.kind === 'local' && target.config !== undefined)
    return { layers: [yamlLayer(target.config)], words: target.config };
  const isSmall =
    target.kind === 'local' && (isBuiltin(target.policy) || parametersOf(target.policy) < LARGE);
  if (isSmall) return { layers: [], words: 'the defaults of size tiny' };
  const size: Layer = { from: 'the size of the policy', values: nested(['size'], '3b') };
  return { layers: [size], words: "the paper's (size 3b)" };
}

const parametersOf = (policy: string): number => sizeOf(readPolicy(policyFolder(policy)).parameters);
