/** The graders that there are. A new one is its file here and a line in the list. */
import { anls } from './anls.ts';
import { choice } from './choice.ts';
import { equal } from './equal.ts';
import { format } from './format.ts';
import type { Grader } from './grader.ts';
import { iou } from './iou.ts';
import { length } from './length.ts';
import { mathruler } from './mathruler.ts';
import { number } from './number.ts';

export const GRADERS = [mathruler, equal, choice, number, anls, iou, format, length] as const;

export type AnyGrader = (typeof GRADERS)[number];
export type GraderName = AnyGrader['name'];
export type AnswerGrader = Extract<AnyGrader, { judges: 'answer' }>;

/** Those that say whether the answer is right. */
export const ANSWER_GRADERS: readonly AnswerGrader[] = GRADERS.filter(
  (one): one is AnswerGrader => one.judges === 'answer',
);

/** @throws TypeError for a name that the settings do not allow */
export function graderNamed(name: GraderName): Grader {
  const found = GRADERS.find((one) => one.name === name);
  if (!found) throw new TypeError(`no grader ${name}`);
  return found;
}
