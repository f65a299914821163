/** The shapings that a configuration can name; a new one is a file beside this and a line here. */
import type { ObjectiveConfig } from '../config.ts';
import type { Shaping } from '../rollouts.ts';
import { vppo } from './vppo.ts';

type Settings = ObjectiveConfig['shaping'][number];

export const shapings: { [K in Settings['kind']]: (settings: Extract<Settings, { kind: K }>) => Shaping } = {
  vppo,
};
