/** What is graded out of a response, and what several of them say. */
import type { Row } from '../../data/row.ts';
import { gradeAnswer } from '../../reward/mathruler/grade.ts';
import { boxOf } from '../scorings/box.ts';
import { scoringNamed } from '../scorings/index.ts';
import type { Judgement, Response } from '../types.ts';

/** What is known to be right, and how a response is held against it. */
export interface Reference {
  answer: string;
  /** Name of the scoring. */
  scoring: string;
}

/** @throws ConfigError where there is no scoring of that name */
export async function judged(response: Response, reference: Reference, row: Row): Promise<Judgement> {
  const item = { key: row.id, row: { ...row, answer: reference.answer } };
  return scoringNamed(reference.scoring).judge(response, item);
}

/** A vote among answers: those that a grader takes for equal are one. */
export interface Vote {
  /** As it was first given; null: no box. */
  given: string | null;
  count: number;
}

/** What was given how often, the most frequent first, equals in order of appearance, answers without a box last. */
export function votesOf(given_K: readonly (string | null)[]): Vote[] {
  const votes: Vote[] = [];
  for (const given of given_K) {
    const same = votes.find((vote) =>
      vote.given === null || given === null ? vote.given === given : gradeAnswer(given, vote.given),
    );
    if (same) same.count++;
    else votes.push({ given, count: 1 });
  }
  return votes.sort((a, b) => Number(a.given === null) - Number(b.given === null) || b.count - a.count);
}

/** What was graded out of a response, and whether it is right where there is a reference. */
export function givenText(response: Response, judgement: Judgement | undefined): string {
  if (response.stop === 'failed') return `failed: ${response.error ?? 'no response'}`;
  const given = judgement ? judgement.given : boxOf(response);
  const what = given === null ? 'nothing, as no \\boxed{} ends' : given;
  const how = judgement ? ` (${judgement.verdict}: ${judgement.why})` : '';
  return `given: ${what}${how}${response.stop === 'length' ? '; cut off at the longest length' : ''}`;
}

/** How many of several answers say what, in one line. */
export function votesText(responses_K: readonly Response[], judgements_K: readonly Judgement[]): string {
  const said = responses_K.filter(({ stop }) => stop !== 'failed');
  const votes = votesOf(said.map(boxOf)).map(({ given, count }) => {
    const what =
      given === null ? `${count === 1 ? 'has' : 'have'} no box` : `${count === 1 ? 'says' : 'say'} ${given}`;
    return `${count} ${what} (${Math.round((100 * count) / said.length)} %)`;
  });
  const failures = responses_K.length - said.length;
  const right = judgements_K.filter(({ verdict }) => verdict === 'right').length;
  return [
    `${responses_K.length} answers: ${[...votes, ...(failures > 0 ? [`${failures} failed`] : [])].join(', ')}`,
    ...(judgements_K.length > 0 ? [`right: ${right} of ${judgements_K.length}`] : []),
  ].join('; ');
}
