/**
 * Times the graders on 1,000 ordinary answers and prints JSON: milliseconds of the first pass (cold) and the median of
 * ten later ones, and the slowest single answer of the golden set with its hostile cases.
 */
import { readFileSync } from 'node:fs';
import { equalAnswers } from '../src/reward/graders/equal.ts';
import { extractBoxed, gradeAnswer } from '../src/reward/index.ts';

interface Pair {
  category: string;
  response: string;
  ground_truth: string;
}

const file = 'test/golden/grader/pairs.json';
const all: Pair[] = JSON.parse(readFileSync(file, 'utf8')).cases;
const ordinary = all.filter((pair) => pair.category !== 'malicious');
const answers = Array.from({ length: 1000 }, (_, i) => ordinary[i % ordinary.length]!);

function pass(grade: (given: string, truth: string) => boolean): number {
  const start = performance.now();
  for (const { response, ground_truth } of answers) grade(extractBoxed(response), ground_truth);
  return performance.now() - start;
}

function time(grade: (given: string, truth: string) => boolean) {
  const cold = pass(grade);
  const later = Array.from({ length: 10 }, () => pass(grade)).sort((a, b) => a - b);
  const slowest = all.map(({ response, ground_truth }) => {
    const start = performance.now();
    grade(extractBoxed(response), ground_truth);
    return performance.now() - start;
  });
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return { coldMs: round(cold), medianMs: round(later[5]!), slowestAnswerMs: round(Math.max(...slowest)) };
}

console.log(
  JSON.stringify(
    { answers: answers.length, mathruler: time(gradeAnswer), equal: time(equalAnswers) },
    null,
    2,
  ),
);
