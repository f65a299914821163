/** How much each token of a response leaned on the pictures: the policy's own log-probabilities with them and with masks. */
import type { Engine } from '../../engine/types.ts';
import { type MaskConfig, maskFromConfig } from '../../mask/config.ts';
import { visualDependency } from '../../objective/dependency.ts';
import type { ScoredRollout } from '../../objective/rollouts.ts';
import { logpOf } from '../../objective/types.ts';
import type { PromptMaker } from '../../rollout/prompts.ts';
import { type PreparedImage, type ProcessorConfig, resizeForPatches } from '../../vision/processor.ts';
import { rowOf } from './row.ts';
import { piecesOf } from './text-so-far.ts';
import type { Asking, Look, Said } from './types.ts';

export interface LookedWith {
  maker: PromptMaker;
  engine: Engine;
  processor: ProcessorConfig;
  /** The run's. */
  mask: MaskConfig;
  /** Logits are divided by this, as while sampling in training. */
  temperature: number;
}

/**
 * One response scored with its pictures and with `masks` masked views of them, made as in training from streams below
 * `seed`.
 * @throws ConfigError, CheckpointError, UserFunctionError where the mask does not open
 */
export async function lookAt(
  { asking, said, masks, seed }: { asking: Asking; said: Said; masks: number; seed: string },
  { maker, engine, processor, mask: config, temperature }: LookedWith,
): Promise<Look> {
  const tokens_T = said.tokens_T ?? new Int32Array(0);
  const mask = await maskFromConfig(config, { processor });
  try {
    const names = Array.from({ length: masks }, (_, m) => (m === 0 ? 'masked' : `masked ${m + 1}`));
    const views = Object.fromEntries(names.map((name) => [name, mask]));
    const { prompt } = await maker.make(rowOf(asking), views, [seed, 'ask']);
    const score = async (view: string) => {
      const options = { policy: 'current' as const, view, temperature };
      const [[logprobs]] = await engine.score([{ prompt, responses_G: [tokens_T] }], options);
      return logprobs;
    };
    const original = await score('original');
    const masked_M: Float32Array[] = [];
    for (const name of names) masked_M.push(await score(name));
    const kl_M = masked_M.map((masked) =>
      visualDependency({
        length: tokens_T.length,
        reward: 0,
        accuracy: 0,
        logprobs: { [logpOf('old')]: original, [logpOf('masked')]: masked },
      } satisfies ScoredRollout),
    );
    const mean = (arrays_M: Float32Array[], t: number) =>
      arrays_M.reduce((sum, array) => sum + array[t], 0) / masks;
    const tokens = piecesOf(tokens_T, maker.text).map((text, t) => ({
      text,
      logprob: original[t],
      masked: mean(masked_M, t),
      klPrcp: mean(kl_M, t),
    }));
    const sum = (of: (token: (typeof tokens)[number]) => number) => tokens.reduce((s, x) => s + of(x), 0);
    const seen = (view: string) =>
      (prompt.views[view] as PreparedImage[]).map(({ rgb }) => resizeForPatches(rgb, processor));
    return {
      tokens_T: tokens,
      klPrcp: tokens.length === 0 ? 0 : sum((x) => x.klPrcp) / tokens.length,
      logprob: sum((x) => x.logprob),
      masked: sum((x) => x.masked),
      mask: mask.name,
      masks,
      seed,
      original: seen('original'),
      maskedPictures: seen('masked'),
    };
  } finally {
    await mask.close?.();
  }
}
