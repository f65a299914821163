/** `papo eval`: opens what was named, asks, and says what came out and where it lies. */
import { shellWord } from '../../shell.ts';
import { counted } from '../../train/comparison.ts';
import { Progress, type Terminal, table } from '../../train/progress.ts';
import { exitStatus, type StopSignal, untilStopped } from '../../train/signals.ts';
import { version } from '../../version.ts';
import type { EvalSettings } from '../files.ts';
import { summaryOf } from '../summary.ts';
import { summaryText } from '../summary-text.ts';
import { evaluatePolicy } from './evaluate.ts';
import { type EvalFlags, openPlan } from './plan.ts';
import { AskingProgress } from './progress.ts';

/**
 * @returns the exit status
 * @throws PapoError where nothing can be asked; what was answered before is kept
 */
export async function startEvaluation(
  policy: string,
  suites: readonly string[],
  flags: EvalFlags,
  out: Terminal,
): Promise<number> {
  const progress = new Progress(out);
  return untilStopped(
    async (signal) => {
      let dir: string | undefined;
      try {
        const plan = await openPlan(policy, suites, flags, (text) => progress.doing(text), signal);
        const asking = new AskingProgress(progress, out.isTTY === true);
        const { evaluation, unreadable } = await evaluatePolicy({
          ...plan,
          server: { ...plan.server, say: (line) => progress.say(line) },
          signal,
          begin: (facts) => {
            dir = facts.dir;
            progress.doing('');
            progress.say(introText(facts.settings, facts.dir, facts.resumed));
          },
          hear: (heard) => asking.hear(heard),
        });
        progress.doing('');
        for (const [suite, errors] of unreadable)
          progress.say(
            `note: ${counted(errors.length, 'question')} of ${suite} could not be read: ${errors[0]}`,
          );
        const { picturesIn, writeReport } = await import('../report.ts');
        const open = plan.suites.map(({ suite }) => suite);
        const report = await writeReport(evaluation, picturesIn(open));
        progress.say(summaryText(summaryOf(evaluation)));
        progress.say(
          `report: ${report} (with summary.json and answers.jsonl beside it)\ncompare it with another: papo compare ${shellWord(evaluation.dir)} OTHER`,
        );
        return 0;
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        progress.end();
        progress.say(
          dir === undefined
            ? 'stopped before a question was asked'
            : `stopped; the same command goes on: papo ${process.argv.slice(2).map(shellWord).join(' ')}`,
        );
        return exitStatus(signal.reason as StopSignal);
      }
    },
    (text) => progress.say(text),
    'keeping the answers that are there, and those under way',
  );
}

function introText(settings: EvalSettings, dir: string, resumed: boolean): string {
  const { description, suites, samples, greedy, sampling, differs } = settings;
  const { temperature, topP, topK, maxTokens } = sampling;
  const drawn = `${counted(samples, 'answer')} each at temperature ${temperature}, top-p ${topP}${topK > 0 ? `, top-k ${topK}` : ''}`;
  const ways = [...(samples > 0 ? [drawn] : []), ...(greedy ? ['the likeliest answer'] : [])];
  const trained = settings.settings.trained;
  return `papo ${version()}\n${table([
    ['policy', description],
    ...suites.map(({ name, source, length }): [string, string] => [
      'suite',
      `${name}: ${counted(length, 'question')}, ${source}`,
    ]),
    ['asked', `${ways.join(', and ')}; at most ${maxTokens} tokens`],
    [
      'settings',
      differs.length > 0
        ? `not those of training: ${differs.join('; ')}`
        : `those of training: ${String(trained)}`,
    ],
    ['folder', `${dir}${resumed ? ' (goes on: what is answered there is not asked again)' : ''}`],
  ])}`.trimEnd();
}
