/** `papo pretrain`: makes a policy and leaves it in a folder, with the recipe that makes it again. */
import { shellWord } from '../shell.ts';
import { duration, percent, type Terminal } from '../train/progress.ts';
import { exitStatus, type StopSignal, untilStopped } from '../train/signals.ts';
import { version } from '../version.ts';
import { PolicyFolder } from './folder.ts';
import type { Plan } from './plan.ts';
import { type Pretrained, type PretrainReport, pretrain } from './pretrain.ts';
import { stepsOf } from './recipe.ts';
import type { Reached } from './validate.ts';

/**
 * Carries out a plan, or leaves nothing where it is stopped.
 * @param inProcess for tests: without a thread of its own
 * @returns the exit status
 * @throws ConfigError for a folder that is not empty, RunError where another process makes a policy in it, CheckpointError
 *   where it cannot be written or there is no policy to start from
 */
export async function startPretraining(
  dir: string,
  plan: Plan,
  out: Terminal,
  inProcess = false,
): Promise<number> {
  const folder = new PolicyFolder(dir);
  const say = (text: string) => out.write(`${text}\n`);
  const ask = 'stopping after what is being computed, without a policy';
  return untilStopped(
    async (signal) => {
      let step = 0;
      const report = (r: PretrainReport) => {
        step = r.step;
        folder.log(r);
        say(lineOf(r, plan));
      };
      try {
        if (folder.left !== undefined) say(folder.left);
        say(intro(dir, plan));
        const made = await pretrain(plan, { report, signal, inProcess });
        folder.finish(made.checkpoint, recordOf(plan, made));
        say(reachedText(made.reached));
        say(`saved in ${dir}\ntrain it with: papo train --policy ${shellWord(dir)}`);
        return 0;
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        say(`stopped after step ${step}; nothing of it is left in ${dir}`);
        return exitStatus(signal.reason as StopSignal);
      } finally {
        folder.close();
      }
    },
    say,
    ask,
  );
}

function intro(dir: string, { parts, from }: Plan): string {
  const names = parts.map(({ name, recipe }) => `${name} (at most ${stepsOf(recipe)} steps)`);
  const start = from === undefined ? 'new parameters' : from;
  return `papo ${version()}: pre-training a policy into ${dir}, from ${start}: ${names.join(', then ')}`;
}

/** What is kept beside a policy: all that it takes to make it again, and what it came to. */
export function recordOf(plan: Plan, { parameters, startedFrom, ends, reached }: Pretrained): object {
  const parts = plan.parts.map((part, i) => ({ ...part, end: ends[i] }));
  const before = parts.slice(0, -1);
  const { name, recipe, end } = parts[parts.length - 1];
  return {
    papo: version(),
    name,
    parameters,
    recipe,
    ...(startedFrom === undefined ? {} : { from: { policy: plan.from, sha256: startedFrom } }),
    ...(before.length === 0 ? {} : { before }),
    end,
    reached,
  };
}

function lineOf(report: PretrainReport, { parts }: Plan): string {
  const { recipe, step, loss, seconds, accuracy, format, entropy } = report;
  const steps = parts.flatMap((part) => (part.name === recipe ? stepsOf(part.recipe) : []));
  const line = [
    `${parts.length > 1 ? `${recipe}: ` : ''}step ${step}/${steps}`,
    `loss ${loss.toFixed(4)}`,
    duration(seconds),
  ];
  if (accuracy !== undefined) line.push(`accuracy ${percent(accuracy)}`);
  if (format !== undefined) line.push(`boxed ${percent(format)}`);
  if (entropy !== undefined) line.push(`entropy ${entropy.toFixed(3)}`);
  return line.join('  ');
}

function reachedText({ questions, picture, otherPicture }: Reached): string {
  const show = ({ sampled, greedy }: Reached['picture']) =>
    `${percent(sampled.accuracy)} (greedy ${percent(greedy.accuracy)})`;
  return `accuracy on ${questions} validation questions: ${show(picture)}; with another scene's picture ${show(otherPicture)}`;
}
