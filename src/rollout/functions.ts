/** The reward and the masks that the settings name, a person's own functions among them. */
import { maskFromConfig } from '../mask/config.ts';
import type { Mask } from '../mask/types.ts';
import { openReward } from '../reward/open.ts';
import type { RewardFunction } from '../reward/reward.ts';
import type { RunConfig } from '../settings/config.ts';
import type { HostOptions } from '../user/host.ts';
import type { ProcessorConfig } from '../vision/processor.ts';

export interface RunFunctions {
  reward: RewardFunction;
  /** By view. */
  masks: Record<string, Mask>;
  /** Ends the threads that they run in. */
  close(): Promise<void>;
}

/** @throws ConfigError, CheckpointError, UserFunctionError where one cannot be loaded; none is left open then */
export async function openFunctions(
  config: RunConfig,
  processor: ProcessorConfig,
  host: Omit<HostOptions, 'timeout'>,
): Promise<RunFunctions> {
  const reward = openReward(config.reward, '.', host);
  const masks = Object.entries({ masked: config.mask, ...config.views }).map(async ([view, mask]) => {
    const setting = view === 'masked' ? 'mask' : `views.${view}`;
    return [view, await maskFromConfig(mask, { processor, setting, host })] as const;
  });
  const close = async () => {
    const opened = await Promise.allSettled([reward, ...masks.map(async (mask) => (await mask)[1])]);
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close?.() : undefined)));
  };
  try {
    return { reward: await reward, masks: Object.fromEntries(await Promise.all(masks)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
