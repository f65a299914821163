/** How many questions of the validation split a policy answers rightly, with their own or with another scene's picture. */
import { makeUndrawn, type UndrawnRow } from '../data/builtin/make.ts';
import type { Engine, Rollout } from '../engine/types.ts';
import { extractBoxed } from '../reward/mathruler/boxed.ts';
import { gradeAnswer } from '../reward/mathruler/grade.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { promptOf } from './examples.ts';

/** Longest answer, in tokens. */
const MAX_TOKENS = 96;

/** Of all answers to a set of questions. */
export interface Answered {
  /** Share of the answers that are right. */
  accuracy: number;
  /** The same by kind of question. */
  byTask: Record<string, number>;
  /** Share of the answers that are boxed. */
  format: number;
}

/** Of answers at temperature 1. */
export interface Sampled extends Answered {
  /** Mean −log p of the sampled tokens, in nats. */
  entropy: number;
}

type Sampler = Pick<Engine, 'sample'>;

/** The questions, all of high dependency, one kind after the other. */
export const validationRows = (seed: string, rows: number): UndrawnRow[] =>
  Array.from({ length: rows }, (_, i) => makeUndrawn(`${seed}-validation`, i, { split: 'validation' }));

/** The same questions, each shown another scene of its kind. */
const mismatched = (seed: string, rows: readonly UndrawnRow[]) =>
  rows.map(({ meta }, i) => {
    const options = { split: 'validation', tasks: [meta.task] } as const;
    return makeUndrawn(`${seed}-validation-other`, i, options).meta.scene;
  });

const prompts = (text: PolicyText, rows: readonly UndrawnRow[], scenes = rows.map((r) => r.meta.scene)) =>
  rows.map((row, i) => promptOf(text, row.id, row.problem, scenes[i]));

/** Each question answered once at temperature 1. */
export async function validate(
  engine: Sampler,
  text: PolicyText,
  seed: string,
  count: number,
): Promise<Sampled> {
  const rows = validationRows(seed, count);
  const options = { samples: 1, maxTokens: MAX_TOKENS, temperature: 1, topP: 1, seed: `${seed}-validation` };
  return sampledOf(text, rows, await engine.sample(prompts(text, rows), options));
}

/** What a policy has come to. */
export interface Reached {
  questions: number;
  /** Answers to each at temperature 1. */
  samples: number;
  questionsByTask: Record<string, number>;
  /** With the picture that is asked about. */
  picture: { sampled: Sampled; greedy: Answered };
  /** With the picture of another scene of the same kind: as accurate as with its own, a policy does not look. */
  otherPicture: { sampled: Sampled; greedy: Answered };
}

/** Every question answered `samples` times at temperature 1 and once greedily, with its own and with another picture. */
export async function measure(
  engine: Sampler,
  text: PolicyText,
  { seed, finalRows, finalSamples }: { seed: string; finalRows: number; finalSamples: number },
): Promise<Reached> {
  const rows = validationRows(seed, finalRows);
  const both = async (scenes?: UndrawnRow['meta']['scene'][]) => {
    const asked = prompts(text, rows, scenes);
    const options = { maxTokens: MAX_TOKENS, topP: 1, seed: `${seed}-final` };
    const sampled = await engine.sample(asked, { ...options, samples: finalSamples, temperature: 1 });
    const greedy = await engine.sample(asked, { ...options, samples: 1, temperature: 0 });
    return { sampled: sampledOf(text, rows, sampled), greedy: answeredOf(text, rows, greedy) };
  };
  const questionsByTask: Record<string, number> = {};
  for (const { meta } of rows) questionsByTask[meta.task] = (questionsByTask[meta.task] ?? 0) + 1;
  return {
    questions: rows.length,
    samples: finalSamples,
    questionsByTask,
    picture: await both(),
    otherPicture: await both(mismatched(seed, rows)),
  };
}

function answeredOf(text: PolicyText, rows: readonly UndrawnRow[], rollouts: readonly Rollout[][]): Answered {
  const graded = rollouts.flatMap((rollouts_G, i) =>
    rollouts_G.map(({ tokens_T }) => {
      const boxed = extractBoxed(text.tokenizer.decode(tokens_T, { skipSpecialTokens: true }));
      return {
        task: rows[i].meta.task,
        right: gradeAnswer(boxed, rows[i].answer) ? 1 : 0,
        boxed: boxed === 'None' ? 0 : 1,
      };
    }),
  );
  const share = (of: typeof graded, key: 'right' | 'boxed') =>
    of.reduce((sum, answer) => sum + answer[key], 0) / of.length;
  const tasks = [...new Set(graded.map(({ task }) => task))];
  return {
    accuracy: share(graded, 'right'),
    byTask: Object.fromEntries(
      tasks.map((task) => [
        task,
        share(
          graded.filter((answer) => answer.task === task),
          'right',
        ),
      ]),
    ),
    format: share(graded, 'boxed'),
  };
}

function sampledOf(text: PolicyText, rows: readonly UndrawnRow[], rollouts: readonly Rollout[][]): Sampled {
  const all = rollouts.flat();
  const surprise = all.reduce((sum, { logprobs_T }) => logprobs_T.reduce((a, b) => a - b, sum), 0);
  const tokens = all.reduce((sum, { tokens_T }) => sum + tokens_T.length, 0);
  return { ...answeredOf(text, rows, rollouts), entropy: surprise / tokens };
}
