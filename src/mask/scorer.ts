import type { PatchScorer } from './types.ts';

/**
 * Opens a DINOv2 folder. Settings are read by commands that never run a model: the runtime is loaded when one is opened.
 * @throws CheckpointError where the folder is not a DINOv2, is not whole, or has too few layers
 */
export async function openScorer(dir: string): Promise<PatchScorer> {
  const { openDinov2Scorer } = await import('./dinov2-scorer.ts');
  return openDinov2Scorer(dir);
}
