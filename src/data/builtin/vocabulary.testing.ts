/**
 * Every word and mark of the tasks that the policies of papo were taught, questions, descriptions and solutions together. A
 * task in other words is one that they cannot read.
 */
const WORDS = `
  How how many are there in total more than Which color shape is most common among the objects to left of right above below
  object directly high bar bars much higher highest lowest degrees other acute angle By do angles differ
  Go from one up down all
  Describe picture What Grid Bars Picture Row row There The right triangle
  red blue green yellow circle square circles squares triangles
  look first let me see ok i at count by rows columns column so then plus minus difference answer it that has a marked read and
`;
const MARKS = '. , : ; | ? = + - 0 1 2 3 4 5 6 7 8 9 <image> <think> </think> \\boxed { }';

/** In a fixed order, without repetition. */
export const VOCABULARY: readonly string[] = [...new Set(`${WORDS} ${MARKS}`.trim().split(/\s+/))];

/** Cuts a text of the built-in tasks into the pieces that `VOCABULARY` lists: words, single digits, marks. */
export function pieces(text: string): string[] {
  return text.match(/<\/?[a-z]+>|\\boxed|[A-Za-z]+|[^\s]/g) ?? [];
}
