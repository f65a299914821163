import type { Kind } from '../open-set.ts';
import type { Engine } from './types.ts';

/** A place where a policy can live. Its settings have `selfCheck`: whether its numbers are held against each other first. */
export interface EngineKind<S = unknown> extends Kind {
  /** @throws ConfigError, CheckpointError where it cannot start */
  open(settings: S, checkpointDir: string): Promise<Engine>;
}
