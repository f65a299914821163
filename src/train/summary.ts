/** The last words of a run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { paired } from '../metrics/answers.ts';
import type { Evaluation } from '../rollout/validate.ts';
import { CheckpointStore } from '../run/checkpoint.ts';
import { CONFIG_FILE } from '../run/folder.ts';
import { METRICS, SAMPLES } from '../run/log.ts';
import type { RunConfig } from '../settings/config.ts';
import { withAbsolutePaths } from '../settings/paths.ts';
import { resolveConfig, yamlLayer } from '../settings/resolve.ts';
import { shellWord } from '../shell.ts';
import { comparison, counted } from './comparison.ts';
import type { Outcome } from './loop.ts';
import { duration, percent, table } from './progress.ts';

/** Accuracy before and after, one question whole (its block), where the files are, what to run next. */
export function summary(dir: string, config: RunConfig, outcome: Outcome, question?: string): string {
  const { before, after, state, trainedOn } = outcome;
  const { totals, step } = state;
  const lines = [`\ndone: ${counted(step, 'step')} in ${duration(totals.seconds)} of training`];
  if (after) {
    const asked = before ? paired(before, after).length || after.rows : after.rows;
    const met = asked === after.rows ? 'of them' : `of all ${after.rows}`;
    const unseen = trainedOn === 0 ? 'unseen ' : '';
    const seen = trainedOn === 0 ? '' : `, ${trainedOn} ${met} trained on`;
    lines.push(`accuracy on ${counted(asked, `${unseen}test question`)}${seen}, in %`);
    lines.push(...legend(after, before !== null && paired(before, after).length > 0));
    lines.push(comparison(before, after, { masked: `masked (${config.mask.kind})` }).trimEnd());
    const notes = comparisonNotes(before, after, asked);
    lines.push(...notes.map((note) => `  ${note}`));
  } else lines.push('accuracy was not measured: no test questions were asked (test.rows)');
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
  if (question !== undefined) lines.push(question);
  lines.push('files', table(filesOf(dir, config, outcome)).trimEnd());
  const again = otherObjective(dir, config);
  lines.push(
    'next',
    table([
      [`papo eval ${shellWord(dir)}`, 'more questions, every answer kept, to compare and look into'],
      ...(again ? [[again, 'the same questions with another objective'] as const] : []),
      [`papo train --resume ${shellWord(dir)} --steps ${step * 2}`, 'go on with this run'],
    ]).trimEnd(),
  );
  return lines.join('\n');
}

/** What the words and numbers of the table mean, for someone who sees it for the first time. */
function legend({ samples }: Evaluation, compared: boolean): string[] {
  const drawn = samples === 1 ? 'one drawn answer' : `mean of ${samples} drawn answers (avg@${samples})`;
  return [
    `  temperature 1: ${drawn} to each; greedy: the likeliest one`,
    ...(compared
      ? [
          '  ±, ( to ): where the number lies for questions like these, 95 times in 100.',
          '  A change is "no clear change", in short "unclear", where 0 lies between; one',
          '  in 20 would be called clear by chance alone.',
        ]
      : ['  ±: where the number lies for questions like these, 95 times in 100.']),
  ];
}

/** What keeps the table from comparing all that was asked. */
function comparisonNotes(before: Evaluation | null, after: Evaluation, asked: number): string[] {
  if (before === null) return ['nothing is compared: no answers from before the first step are kept'];
  if (paired(before, after).length === 0)
    return ['nothing is compared: the questions from before the first step were others'];
  return after.rows > asked
    ? [`${after.rows - asked} further questions were asked only after the last step`]
    : [];
}

/**
 * The command of the same run with another objective: the run's own file brings its data, its policy and all that a
 * person chose, where that is more than nothing. None where the file and the other preset cannot go together.
 */
export function otherObjective(dir: string, config: RunConfig): string | undefined {
  const preset = config.preset === 'grpo' ? 'papo-g' : 'grpo';
  const flag = { from: '--preset', values: { preset } };
  const file = join(dir, CONFIG_FILE);
  try {
    const [short, wanted] = [[flag], [yamlLayer(file), flag]].map((layers) =>
      withAbsolutePaths({ ...resolveConfig(layers), name: null }),
    );
    const own = isDeepStrictEqual(short, wanted) ? '' : `--config ${shellWord(file)} `;
    return `papo train ${own}--preset ${preset}`;
  } catch {
    return undefined;
  }
}

/** What is there, and nothing that is gone. */
function filesOf(dir: string, config: RunConfig, { state, checkpoint }: Outcome): [string, string][] {
  const { best } = state;
  const files: [string, string][] = [];
  if (checkpoint) files.push(['policy', checkpoint]);
  if (best) {
    const path = new CheckpointStore(dir).pathOf(best.step);
    const where = path === checkpoint ? 'the same' : existsSync(path) ? path : 'not kept';
    files.push(['best', `${where} (step ${best.step}, ${percent(best.accuracy)} in validation)`]);
  }
  for (const [name, file] of [
    ['metrics', METRICS],
    ['responses', SAMPLES],
  ] as const)
    if (existsSync(join(dir, file))) files.push([name, join(dir, file)]);
  if (config.logging.tensorboard) files.push(['TensorBoard', `tensorboard --logdir ${shellWord(dir)}`]);
  return files;
}

/** `again` says how to go on; nothing where the run left nothing behind. */
export function interruptedText({ state, checkpoint }: Outcome, again: string | undefined): string {
  const saved = checkpoint && state.step > 0;
  const text = saved
    ? `stopped after step ${state.step}, saved in ${checkpoint}`
    : 'stopped before the first step was done: nothing to save';
  return `${text}\n${again ?? 'the run left no folder behind'}`;
}
