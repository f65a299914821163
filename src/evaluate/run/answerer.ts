import { ConfigError } from '../../errors.ts';
import type { Target } from '../policy/target.ts';
import type { Answerer } from '../types.ts';
import type { Asking } from './settings.ts';

/** What only a server needs to be told. */
export interface ServerSettings {
  /** Which of its models is asked; the only one unless told. */
  model?: string;
  /** Requests under way at once. */
  parallel?: number;
  timeoutSeconds?: number;
}

/**
 * Opens what gives the answers. Heavy parts are loaded by this, not by the import.
 * @param samples responses to each question
 * @throws what the engine or the server says where it cannot be asked at all
 */
export async function openAnswerer(
  target: Target,
  { config }: Pick<Asking, 'config'>,
  samples: number,
  _server: ServerSettings = {},
): Promise<Answerer> {
  if (target.kind === 'server') {
    throw new ConfigError(`${target.url}: servers cannot be asked by this command; name a checkpoint`);
  }
  const { openLocal } = await import('./local.ts');
  const named = target.description === target.policy ? undefined : target.description;
  return openLocal(config, samples, named);
}
