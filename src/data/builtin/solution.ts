/**
 * Right solutions in words, for supervised training: first what is seen, then what follows from it. The wording, the
 * order of mention, and whether objects are counted at once or line by line are drawn at random, because a policy
 * needs entropy to explore (0.3 nats a token and more); every variant is read by response.ts.
 */
import type { Random } from '../../random.ts';
import type { RowMeta } from '../row.ts';
import { taskNamed } from '../tasks/index.ts';

const conclusion = (rng: Random, answer: string) =>
  rng.pick([
    '',
    `so ${answer}`,
    `answer : ${answer}`,
    `the answer is ${answer}`,
    `it is ${answer}`,
    `that is ${answer}`,
  ]);

/**
 * A right solution in words: `<think> red : 3 . blue : 2 . 3 + 2 = 5 </think> \boxed{5}`; all tokens spaced.
 * @throws DataError for a task that does not exist
 */
export function solution({ meta }: { meta: RowMeta }, rng: Random): string {
  const { task: name, question, scene, steps } = meta;
  const task = taskNamed(name);
  const answer = steps[steps.length - 1].value;
  const parts = [
    rng.pick(task.openers(question)).replace(/ \.$/, ''),
    ...task.explain(rng, question, scene, answer),
    conclusion(rng, answer),
  ].filter((part) => part !== '');
  return `<think> ${parts.join(' . ')} </think> \\boxed{${answer}}`;
}
