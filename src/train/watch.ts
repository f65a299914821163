/** What a person should not have to find in the metrics: said when it happens first, and again when it lasts. */
import { rewardKey } from '../metrics/lines.ts';
import type { GradedGroup } from '../rollout/rollout.ts';
import type { StepResult } from './step.ts';

/** Steps in a row after which a lasting trouble is said again. */
const AGAIN = [5, 20, 80, 320];

/** Characters of an answer or a reference that are shown. */
const SHOWN = 80;

/** Notices troubles of a run over its steps. */
export class Watch {
  private readonly lasting = new Map<string, number>();
  private readonly allowed: boolean;

  /** @param updateWithoutSignal whether the policy is updated where there is nothing to learn from */
  constructor(updateWithoutSignal: boolean) {
    this.allowed = updateWithoutSignal;
  }

  /** Lines to say after a step. */
  after(step: number, result: StepResult): string[] {
    const said: string[] = [];
    const when = (key: string, holds: boolean, text: (since: string) => string) => {
      const count = holds ? (this.lasting.get(key) ?? 0) + 1 : 0;
      this.lasting.set(key, count);
      if (count === 1) said.push(`step ${step}: ${text('')}`);
      else if (AGAIN.includes(count)) said.push(`step ${step}: ${text(` (for ${count} steps now)`)}`);
    };
    const { masked, skippedSteps, drawn, collected, withoutSignal } = result;
    if (skippedSteps > 0)
      said.push(`step ${step}: ${skippedSteps} update(s) skipped, the gradient was not finite`);
    when('masked', masked.prompts > 0 && masked.unchanged === masked.prompts, (since) => {
      return `the masked view equals the original for all ${masked.prompts} questions${since}, so KL_prcp is 0; check mask`;
    });
    const wrong = drawn.groups > 0 && drawn.allWrong === drawn.groups;
    when('wrong', wrong, (since) => {
      return `every answer is wrong${since}: ${examples(collected.kept)}; check that the references are what the policy is asked for (data.columns, reward, data.formatPrompt)`;
    });
    const held = this.allowed ? '' : '; the policy was not updated (train.updateWithoutSignal)';
    when('signal', withoutSignal, (since) => {
      return `all answers of each question got one reward${since}, so there is nothing to learn from${held}`;
    });
    const { unreadable } = drawn;
    when('unreadable', unreadable.length > 0, (since) => {
      return `${unreadable.length} of ${drawn.groups} references cannot be graded${since}, and what cannot be graded counts as wrong: ${unreadable.slice(0, 3).map(short).join(', ')}; check reward.grader and data.columns.answer`;
    });
    for (const [name, { responses, unscored }] of drawn.more)
      when(`unscored ${name}`, unscored > 0 && responses === 0, (since) => {
        return `${rewardKey(name)} could not be scored for any response${since}, so it adds nothing`;
      });
    return said;
  }
}

const short = (text: string) => JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** Three answers beside their references. */
function examples(groups: readonly GradedGroup[]): string {
  return groups
    .slice(0, 3)
    .map(({ row, text_G }) => `answer ${short(tail(text_G[0] ?? ''))}, reference ${short(row.answer)}`)
    .join('; ');
}

/** The end of a response, where its answer stands. */
const tail = (text: string) => (text.length > SHOWN ? `…${text.slice(-SHOWN + 1)}` : text);
