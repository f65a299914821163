/** What each question of an evaluation was answered with: enough to pair it with a later evaluation of the same rows. */
import { z } from 'zod';

/** A number for each view of the pictures: `original`, and those that the evaluation was asked for. */
const byView = z.record(z.string(), z.number());

const questionSchema = z.object({
  /** Place in the file, and id. */
  at: z.number().int().min(0),
  id: z.string(),
  /** The built-in task, or the `category` of the row. */
  kind: z.string().optional(),
  /** How much only the picture tells, where the row says. */
  dependency: z.string().optional(),
  /** Share of right answers among those that were drawn, by view; a question without a picture has the original one alone. */
  sampled: byView,
  /** Accuracy of the most likely answer, by view; empty where it was not asked for. */
  greedy: byView,
  /** k3 of the KL from the policy to itself under the masked picture, mean over the tokens of its answers, in nats. */
  klPrcp: z.number().optional(),
  /** Built-in rows: the share of the drawn answers that are right or wrong for each cause, and why the most likely one is. */
  causes: byView.optional(),
  greedyCause: z.string().optional(),
  /** The most likely answer with the picture, in words. */
  response: z.string().optional(),
});

export const answersSchema = z.object({
  questions: z.array(questionSchema),
  /** Answers that were drawn to each with the picture, and under each further view. */
  samples: z.number(),
  viewSamples: z.number(),
  /** Rows that could not be used. */
  skipped: z.number(),
});

export type QuestionAnswers = z.infer<typeof questionSchema>;
export type Answers = z.infer<typeof answersSchema>;

/** The questions that both evaluations asked, in order: a row is itself by its place and its id. */
export function paired(before: Answers, after: Answers): [QuestionAnswers, QuestionAnswers][] {
  const keyOf = ({ at, id }: QuestionAnswers) => `${at} ${id}`;
  const earlier = new Map(before.questions.map((question) => [keyOf(question), question]));
  return after.questions.flatMap((question): [QuestionAnswers, QuestionAnswers][] => {
    const found = earlier.get(keyOf(question));
    return found ? [[found, question]] : [];
  });
}
