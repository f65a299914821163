/** Which graders the layers of a run's settings ask for. */
import { ConfigError, quoted } from '../errors.ts';
import { isObject, type Layer, type Values } from './key-lookup.ts';

/**
 * Naming a function is enough: it is then what grades, whatever an earlier layer has as `reward.grader`; a later layer
 * with another grader takes its place.
 *
 * @returns what to lay over the merged layers
 * @throws ConfigError where one place names a function and another grader
 */
export function graderOf(layers: readonly Layer[]): Values {
  let decided: Values = {};
  for (const { from, reward } of bySource(layers)) {
    const { function: own, grader } = reward;
    if (typeof own === 'string' && grader !== undefined && grader !== 'function')
      throw new ConfigError(
        `${from}: reward.function names ${quoted(own)} but reward.grader is '${quoted(String(grader))}'; leave one of them out`,
      );
    if (typeof own === 'string') decided = { grader: 'function', function: own };
    else if (grader !== undefined && grader !== 'function') decided = { grader, function: null };
    else if (own === null && grader === undefined && decided.function) decided = {};
  }
  return Object.keys(decided).length > 0 ? { reward: decided } : {};
}

/** The same for further rewards: one that names a function is of kind function. */
export function withKinds(layer: Layer): Layer {
  const reward = layer.values.reward;
  const further = isObject(reward) ? reward.further : undefined;
  if (!isObject(reward) || !isObject(further)) return layer;
  const kinds = Object.entries(further).map(([name, one]) => {
    const implied = isObject(one) && typeof one.function === 'string' && one.kind === undefined;
    return [name, implied ? { kind: 'function', ...one } : one];
  });
  const values = { ...layer.values, reward: { ...reward, further: Object.fromEntries(kinds) } };
  return { ...layer, values };
}

/** What each source says of the reward; the options of one command line are one source. */
function bySource(layers: readonly Layer[]): { from: string; reward: Values }[] {
  const out: { from: string; reward: Values }[] = [];
  for (const { from, values } of layers) {
    const reward = isObject(values.reward) ? values.reward : {};
    const last = out.at(-1);
    if (last?.from === from) last.reward = { ...last.reward, ...reward };
    else out.push({ from, reward });
  }
  return out;
}
