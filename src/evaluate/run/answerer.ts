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
  /** Stops the waiting for one that is not ready. */
  signal?: AbortSignal;
  /** Hears, in a line for a person, when the server is waited for. */
  say?: (line: string) => void;
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
  server: ServerSettings = {},
): Promise<Answerer> {
  if (target.kind === 'server') {
    const { openServerAnswerer } = await import('../server/server-answerer.ts');
    return openServerAnswerer({ ...server, url: target.url, config });
  }
  const { openLocal } = await import('./local.ts');
  const named = target.description === target.policy ? undefined : target.description;
  return openLocal(config, samples, named);
}
