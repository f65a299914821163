import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { type HostOptions, MOST_SECONDS, TIMEOUT } from '../user/host.ts';
import type { ProcessorConfig } from '../vision/processor.ts';
import { blankMask } from './blank.ts';
import { loadFunctionMask } from './function.ts';
import { diffusionMask, fadingMask, noiseMask } from './noise.ts';
import { patchMask } from './patch.ts';
import { PAPER_SIDE, randomMask } from './random.ts';
import { semanticMaskFrom } from './semantic.ts';
import type { Mask, PatchScorer } from './types.ts';

const ratio = z
  .number()
  .min(0)
  .max(1)
  .default(0.6)
  .describe(
    'probability of each square or patch, or share of the patches, that is masked; a function of your own is handed it',
  );
const seconds = z
  .number()
  .gt(0)
  .max(MOST_SECONDS)
  .default(TIMEOUT)
  .describe('seconds without an answer after which your function is cut off and the run ends');

/** The `mask` block of a run's configuration. */
export const maskConfigSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('random'),
      ratio,
      side: z.number().int().min(1).max(65_536).default(PAPER_SIDE).describe('side of a square in pixels'),
    })
    .describe('squares of the original picture, each black with probability `ratio` (the paper)'),
  z
    .strictObject({ kind: z.literal('patch'), ratio })
    .describe('whole patches after the resize, each black with probability `ratio`'),
  z
    .strictObject({
      kind: z.literal('semantic'),
      ratio,
      model: z.string().max(4096).meta({ path: true }).optional().describe('DINOv2 checkpoint folder'),
    })
    .describe('the `ratio` of the patches that a vision model attends to most'),
  z
    .strictObject({
      kind: z.literal('noise'),
      std: z.number().min(0).optional().describe('standard deviation in grey levels'),
      step: z.number().int().min(0).max(999).optional().describe('diffusion step, instead of `std`'),
      fade: z
        .strictObject({
          steepness: z.number().gt(0).describe('steepness of the sigmoid along which it fades'),
          middle: z
            .union([z.literal('half'), z.number().min(0)])
            .describe('training step at which half of it is gone; half: the middle of the run'),
        })
        .nullable()
        .optional()
        .describe(
          'how the noise of `step` fades over a run (NoisyRollout: 30, 40); null or left out: it stays',
        ),
    })
    .refine((c) => (c.std === undefined) !== (c.step === undefined), {
      message: 'noise takes either std (grey levels) or step (0..999)',
    })
    .refine((c) => !c.fade || c.step !== undefined, {
      path: ['fade'],
      message: 'what fades is step (0..999); std stays as it is',
    })
    .describe('Gaussian noise, either of `std` grey levels or as after `step` diffusion steps'),
  z.strictObject({ kind: z.literal('blank') }).describe('all black'),
  z
    .strictObject({
      kind: z.literal('function'),
      module: z
        .string()
        .min(1)
        .max(4096)
        .meta({ path: true })
        .describe(
          'your function, as path/to/file.ts#exportName (without # the default export): given (image, rng, ratio) it returns { width, height, data } of the same size',
        ),
      ratio,
      timeout: seconds,
    })
    .describe('your own function'),
]);

/** What may be written. */
export type MaskConfig = z.input<typeof maskConfigSchema>;

/** What some kinds need beyond their settings. */
export interface MaskContext {
  /** For `patch`: the checkpoint's image processor. */
  processor?: ProcessorConfig;
  /** For `semantic`: what scores patches, instead of the DINOv2 folder `model`. */
  scorer?: PatchScorer;
  /** The folder that a relative `module` or `model` path counts from. Default: the working directory. */
  baseDir?: string;
  /** Where the settings stand, for messages. Default: `mask`. */
  setting?: string;
  /** For `function`: the thread that it runs in. */
  host?: Omit<HostOptions, 'timeout'>;
}

/** Checks the block. Throws ConfigError: one line with the key, what is wrong and what is allowed. */
export function parseMaskConfig(value: unknown): z.output<typeof maskConfigSchema> {
  const parsed = maskConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = ['mask', ...issue.path].join('.');
  const kinds = maskConfigSchema.options.map((o) => o.shape.kind.value).join(', ');
  throw new ConfigError(
    issue.code === 'invalid_union' ? `${path}: unknown kind; one of ${kinds}` : `${path}: ${issue.message}`,
  );
}

/** The scorer of a semantic mask: that of the context, or the DINOv2 in folder `model`. */
export async function scorerOf(
  model: string | undefined,
  { scorer, baseDir = '.' }: MaskContext,
): Promise<PatchScorer> {
  if (scorer) return scorer;
  if (model === undefined)
    throw new ConfigError('mask.model: missing; name a DINOv2 checkpoint folder for the semantic mask');
  // Settings are read by commands that never run a model: the runtime is loaded when a model is opened.
  const { openDinov2Scorer } = await import('./dinov2-scorer.ts');
  return openDinov2Scorer(resolve(baseDir, model));
}

/**
 * The mask that a configuration asks for. Throws ConfigError for a wrong setting or a missing part of `context`,
 * CheckpointError where `model` is no DINOv2 folder.
 */
export async function maskFromConfig(value: MaskConfig, context: MaskContext = {}): Promise<Mask> {
  const config = parseMaskConfig(value);
  switch (config.kind) {
    case 'random':
      return randomMask(config.ratio, config.side);
    case 'patch':
      if (!context.processor)
        throw new ConfigError('mask.kind patch: no image processor; give a checkpoint that has one');
      return patchMask(config.ratio, context.processor);
    case 'semantic':
      return semanticMaskFrom(await scorerOf(config.model, context), config.ratio);
    case 'noise':
      if (config.step === undefined) return noiseMask(config.std ?? 0);
      return config.fade ? fadingMask(config.step, config.fade) : diffusionMask(config.step);
    case 'blank':
      return blankMask();
    case 'function':
      return loadFunctionMask(
        `${context.setting ?? 'mask'}.module`,
        config.module,
        config.ratio,
        context.baseDir ?? '.',
        { ...context.host, timeout: config.timeout },
      );
  }
}
