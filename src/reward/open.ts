import { ConfigError } from '../errors.ts';
import type { HostOptions } from '../user/host.ts';
import { shown } from '../user/protocol.ts';
import { type Further, graded, type Main, mainGrader, type RewardFunction, weighted } from './reward.ts';
import { type FurtherSettings, parseReward, type RewardConfig, type RewardSettings } from './settings.ts';
import { loadReward, loadScore } from './user-function.ts';

interface Closable {
  close?(): Promise<void>;
}

/**
 * The reward function of a config, a person's own functions included, each in a thread of its own: naming `function` is
 * enough. `close` ends the threads.
 *
 * @param config the `reward` block of a run; the paper's grader unless told
 * @param baseDir what a relative path of a function counts from
 * @throws ConfigError for a setting outside what is allowed, and what `loadReward` throws
 *
 * @example
 * import { openReward } from 'papo';
 *
 * const graded = await openReward({ grader: 'number', formatWeight: 0.1 });
 * await graded({ response: '<think>1 + 1</think> \\boxed{2.0}', answer: '2' }); // { overall: 1, accuracy: 1, format: 1 }
 *
 * const own = await openReward({ function: 'my-reward.mjs#score' });
 * (await own({ response: 'it is 3', answer: '3', row: {} })).accuracy; // 1
 * await own.close?.();
 */
export async function openReward(
  config: RewardConfig = {},
  baseDir = '.',
  options: HostOptions = {},
): Promise<RewardFunction> {
  const settings = parseReward(config);
  const opening: Promise<Closable>[] = [];
  const opened = <T extends Closable>(one: Promise<T>): Promise<T> => {
    opening.push(one);
    return one;
  };
  const close = async () => {
    const all = await Promise.allSettled(opening);
    await Promise.all(all.map((one) => (one.status === 'fulfilled' ? one.value.close?.() : undefined)));
  };
  const openFurther = async ([name, one]: [string, FurtherSettings]): Promise<Further> => {
    if (one.kind !== 'function') return graded(name, one);
    const { weight, timeout } = one;
    const key = `reward.further.${name}.function`;
    return {
      name,
      weight,
      score: await opened(loadScore(key, one.function, baseDir, { timeout, ...options })),
    };
  };
  try {
    const main: Promise<Main> = openMain(config, settings, (spec) =>
      opened(loadReward(spec, baseDir, { timeout: settings.timeout, ...options })),
    );
    const further = Promise.all(Object.entries(settings.further).map(openFurther));
    const reward = weighted(...(await Promise.all([main, further])));
    return opening.length > 0 ? Object.assign(reward, { close }) : reward;
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws ConfigError where a function and another grader are named, or neither */
async function openMain(
  config: RewardConfig,
  settings: RewardSettings,
  load: (spec: string) => Promise<RewardFunction>,
): Promise<Main> {
  const { function: own, grader = own ? 'function' : undefined } = config;
  if (own && grader !== 'function')
    throw new ConfigError(
      `reward.function names ${shown(own)} but reward.grader is '${grader}'; leave one of them out`,
    );
  if (own) return load(own);
  if (grader === 'function')
    throw new ConfigError(
      "reward.grader is 'function' but reward.function is missing; give it as 'path/to/file.ts#exportName'",
    );
  return mainGrader(settings);
}
