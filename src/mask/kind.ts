/** What a kind of mask says about itself. One file in kinds/ and one line in its index make a kind. */
import { z } from 'zod';
import type { Kind } from '../open-set.ts';
import type { HostOptions } from '../user/host.ts';
import type { ProcessorConfig } from '../vision/processor.ts';
import type { Mask, PatchScorer } from './types.ts';

/** What some kinds need beyond their settings. */
export interface MaskContext {
  /** The checkpoint's image processor, for kinds that mask what the vision tower gets. */
  processor?: ProcessorConfig;
  /** What scores patches, for kinds that mask what matters most, instead of the model that their settings name. */
  scorer?: PatchScorer;
  /** Opens that model. Default: a DINOv2 folder. */
  openScorer?: (dir: string) => Promise<PatchScorer>;
  /** The folder that a relative path in the settings counts from. Default: the working directory. */
  baseDir?: string;
  /** Where the settings stand, for messages. Default: `mask`. */
  setting?: string;
  /** The thread of a function of a person's own. */
  host?: Omit<HostOptions, 'timeout'>;
}

/** The context as a kind gets it. */
export type KindContext = MaskContext & Required<Pick<MaskContext, 'baseDir' | 'setting' | 'openScorer'>>;

type KindSettings = Kind['settings'];

/** What is the same before and after `maskKind`. */
interface Described<Settings extends KindSettings> {
  /** Every key, and the kind itself, with the words that docs and `papo mask --help` show. */
  readonly settings: Settings;
  /** `hidden`: pixels go black whatever was there. `changed`: they get other values. */
  readonly effect: 'hidden' | 'changed';
  /** Parts of the context that it cannot do without. */
  readonly needs?: readonly (keyof MaskContext)[];
  /** For `papo mask`: keys that it cannot do without, and what to name. */
  readonly asks?: Readonly<Record<string, string>>;
  /** For `papo mask`: settings where none is given. */
  readonly example?: Readonly<Record<string, unknown>>;
}

/** A kind of mask, as its file exports it. */
export interface MaskKind<Settings extends KindSettings = KindSettings> extends Described<Settings> {
  readonly kind: Settings['shape']['kind']['value'];
  /**
   * The mask of settings that this kind's schema accepts.
   * @throws ConfigError where the context lacks a part, and what its own loading throws
   */
  open(settings: unknown, context: KindContext): Promise<Mask>;
}

/** Makes a kind of its description; `make` gets the settings complete, with every default filled in. */
export function maskKind<Settings extends KindSettings>(
  description: Described<Settings> & {
    make(settings: z.output<Settings>, context: KindContext): Mask | Promise<Mask>;
  },
): MaskKind<Settings> {
  const { make, ...rest } = description;
  return {
    ...rest,
    kind: rest.settings.shape.kind.value,
    open: async (settings, context) => make(rest.settings.parse(settings), context),
  };
}

/** The setting of every kind that masks a share of the picture. */
export const ratioSetting = z
  .number()
  .min(0)
  .max(1)
  .default(0.6)
  .describe(
    'probability of each square or patch, or share of the patches, that is masked; a function of your own is handed it',
  );

/** The setting of every kind that cuts the picture as it is, before the processor's resize, into squares. */
export const sideSetting = z.number().int().min(1).max(65_536).describe('side of a square in pixels');
