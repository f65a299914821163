/** The engines that a configuration can name; a new one is a folder beside this and a line here. */
import type { z } from 'zod';
import { kindSchema, memberOf } from '../open-set.ts';
import type { EngineKind } from './kind.ts';
import { onnxKind } from './onnx/kind.ts';
import type { Engine } from './types.ts';

const engines = [onnxKind] as const;

export const engineSchema = kindSchema(engines);

/** @throws ConfigError, CheckpointError where it cannot start */
export const openEngine = (settings: z.output<typeof engineSchema>, checkpointDir: string): Promise<Engine> =>
  memberOf<EngineKind>(engines, settings).open(settings, checkpointDir);
