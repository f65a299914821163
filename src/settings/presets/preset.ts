import type { z } from 'zod';
import type { MaskConfig } from '../../mask/config.ts';
import type { ObjectiveInput } from '../../objective/config.ts';
import type * as block from '../blocks.ts';

/** What of a run's configuration a preset may settle. */
export interface PresetConfig {
  objective?: ObjectiveInput;
  mask?: MaskConfig;
  views?: Record<string, MaskConfig>;
  optimizer?: z.input<typeof block.optimizer>;
  rollout?: z.input<typeof block.rollout>;
  train?: z.input<typeof block.train>;
  data?: z.input<typeof block.data>;
  dynamicSampling?: z.input<typeof block.dynamicSampling>;
}

/** A partial configuration of a run, with the source of its values; what it leaves out is its size's (sizes.ts). */
export interface Preset {
  /** A type with which names stay literals: settings allow no other. */
  name: Lowercase<string>;
  title: string;
  /** Where the values are from. */
  source: { objective: string; mask?: string; rollout?: string };
  config: PresetConfig & { objective: ObjectiveInput };
  /** What differs for policies of a size. */
  sizes?: Partial<Record<PresetSize, PresetConfig>>;
}

/** Policies of 3 and 7 billion parameters, and those of about one million that train on a laptop. */
export type PresetSize = '3b' | '7b' | 'tiny';

export const PUBLIC = 'PAPO public code fb63bf4';
