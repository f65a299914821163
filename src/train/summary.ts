/** The last words of a run. */
import { join } from 'node:path';
import type { RunConfig } from './config.ts';
import { METRICS, SAMPLES } from './log.ts';
import type { Outcome } from './loop.ts';
import { comparison, duration, percent, table } from './progress.ts';

/** Accuracy before and after, where the files are, what to run next. */
export function summary(dir: string, config: RunConfig, outcome: Outcome): string {
  const { before, after, state, checkpoint } = outcome;
  const { totals, best, step } = state;
  const lines = [`\ndone: ${step} steps in ${duration(totals.seconds)} of training`];
  if (after) {
    lines.push(
      `accuracy on ${after.rows} unseen test questions, avg@${after.samples} at temperature 1${before ? ', before → after' : ''}`,
    );
    lines.push(comparison(before, after).trimEnd());
  }
  const found = [
    [totals.skippedRows, 'training rows could not be used'],
    [after?.skipped ?? 0, 'test rows could not be used'],
    [
      totals.discardedGroups,
      'questions were drawn and not trained on, as all or none of their answers were right',
    ],
    [totals.skippedSteps, 'updates were skipped, as the gradient was not finite'],
    [totals.maskedUnchanged, 'questions had a masked view equal to the original'],
  ] as const;
  for (const [count, what] of found) if (count > 0) lines.push(`  ${count} ${what}`);
  const memory = process.resourceUsage().maxRSS / 2 ** 20;
  lines.push(`  peak memory ${memory.toFixed(2)} GB`);
  const files: [string, string][] = [
    ['policy', checkpoint ?? '-'],
    ...(best
      ? [['best', `step ${best.step} in validation, ${percent(best.accuracy)}`] as [string, string]]
      : []),
    ['metrics', join(dir, METRICS)],
    ['responses', join(dir, SAMPLES)],
    ['TensorBoard', `tensorboard --logdir ${dir}`],
  ];
  lines.push(
    'files',
    table(files.filter(([n]) => n !== 'TensorBoard' || config.logging.tensorboard)).trimEnd(),
  );
  const other = config.preset === 'grpo' ? 'papo-g' : 'grpo';
  lines.push(
    'next',
    table([
      [`papo train --preset ${other}`, 'the same questions with another objective'],
      [`papo train --resume ${dir} --steps ${step * 2}`, 'go on with this run'],
    ]).trimEnd(),
  );
  return lines.join('\n');
}

export function interruptedText(dir: string, { state, checkpoint }: Outcome): string {
  const again = `continue with: papo train --resume ${dir}`;
  return checkpoint && state.step > 0
    ? `stopped after step ${state.step}, saved in ${checkpoint}\n${again}`
    : `stopped before the first step was done, nothing to save\n${again}`;
}
