import { z } from 'zod';
import type { EngineKind } from '../kind.ts';

/** The most threads and tokens that anyone could mean. */
const MOST = { threads: 1024, tokens: 2 ** 24 };

const settings = z
  .strictObject({
    kind: z.literal('onnx').describe('where the policy runs: onnx is this machine'),
    threads: z
      .number()
      .int()
      .min(1)
      .max(MOST.threads)
      .nullable()
      .default(null)
      .describe(
        'threads of one operator; null: as many as the machine has cores. The numbers of a run do not depend on it',
      ),
    provider: z
      .string()
      .min(1)
      .max(4096)
      .default('cpu')
      .describe('ONNX Runtime execution provider: cpu, or webgpu, cuda, coreml, dml where installed'),
    microBatchTokens: z
      .number()
      .int()
      .min(1)
      .max(MOST.tokens)
      .nullable()
      .default(null)
      .describe(
        'most tokens, padding included, that are computed at once while training; less needs less memory; null: 12288',
      ),
    selfCheck: z
      .boolean()
      .default(true)
      .describe(
        "before the first update, hold the sampler's log-probabilities against those of the training graph, and a small gradient against a second evaluation and the slope of the loss; a difference beyond rounding ends the run",
      ),
  })
  .describe('this machine, by ONNX Runtime');

export const onnxKind = {
  kind: 'onnx',
  settings,
  async open({ threads, provider, microBatchTokens }, checkpointDir) {
    // Settings are read by commands that never run a policy: the runtime is loaded when one is opened.
    const { openOnnxEngine } = await import('./engine.ts');
    return openOnnxEngine({
      checkpointDir,
      threads: threads ?? undefined,
      provider,
      microBatchRows: microBatchTokens ?? undefined,
    });
  },
} satisfies EngineKind<z.output<typeof settings>>;
