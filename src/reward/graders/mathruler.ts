import { gradeAnswer } from '../mathruler/grade.ts';
import { repeated } from '../response.ts';
import { grader } from './grader.ts';

/** Cannot score a reference that a response which repeats it would not reach: one with braces that do not match. */
export const mathruler = grader({
  name: 'mathruler',
  description: "the verdicts of MathRuler, which the paper's numbers are measured with",
  judges: 'answer',
  settings: {},
  score({ given, truth }) {
    if (gradeAnswer(given, truth)) return 1;
    return gradeAnswer(repeated(truth), truth) ? 0 : null;
  },
});
