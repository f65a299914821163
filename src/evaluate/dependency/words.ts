/**
 * What the words of a question give away: a softmax regression on runs of one to three words, and the commonest answer of
 * each task, both learnt from other questions, without a picture or a policy.
 */
import { random } from '../../random.ts';

export interface Example {
  text: string;
  answer: string;
  task?: string;
}

/** Words and numbers in lower case, and marks. */
const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .replaceAll('<image>', ' ')
    .match(/\p{L}+|\d+|[^\s\p{L}\d]/gu) ?? [];

/** Each run of one to three words once. */
export function featuresOf(text: string): string[] {
  const words = ['^', ...wordsOf(text), '$'];
  const runs = [1, 2, 3].flatMap((n) =>
    words.slice(0, words.length - n + 1).map((_, i) => words.slice(i, i + n).join(' ')),
  );
  return [...new Set(runs)];
}

/** Questions in which a run has to be for it to count. */
const SEEN = 2;
const EPOCHS = 12;
const RATE = 0.2;

/** Says the likeliest answer of a question's words. */
export type Predictor = (text: string) => string | undefined;

/** The commonest answer of each task; of all where a task was not seen. */
export function commonest(examples: readonly Example[]): (task: string | undefined) => string | undefined {
  const counts = new Map<string | undefined, Map<string, number>>();
  for (const { task, answer } of examples)
    for (const group of task === undefined ? [undefined] : [task, undefined]) {
      const own = counts.get(group) ?? new Map<string, number>();
      own.set(answer, (own.get(answer) ?? 0) + 1);
      counts.set(group, own);
    }
  const most = (own: Map<string, number> | undefined) =>
    own && [...own].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
  const all = most(counts.get(undefined));
  return (task) => most(counts.get(task)) ?? all;
}

/** Learns by AdaGrad on the log-loss, in an order drawn by `seed`. */
export function learnWords(examples: readonly Example[], seed: string): Predictor {
  const answers = [...new Set(examples.map(({ answer }) => answer))];
  const classOf = new Map(answers.map((answer, i) => [answer, i]));
  const counts = new Map<string, number>();
  const features = examples.map(({ text }) => featuresOf(text));
  for (const own of features) for (const run of own) counts.set(run, (counts.get(run) ?? 0) + 1);
  const place = new Map([...counts].filter(([, n]) => n >= SEEN).map(([run], i) => [run, i]));
  const known = (runs: readonly string[]) => runs.flatMap((run) => place.get(run) ?? []);
  const width = answers.length;
  const weights = new Float32Array(place.size * width);
  const squares = new Float32Array(place.size * width);
  const logits = new Float64Array(width);
  const score = (own: readonly number[]) => {
    logits.fill(0);
    for (const f of own) for (let c = 0; c < width; c++) logits[c] += weights[f * width + c];
  };
  const rows = features.map((own, i) => ({ own: known(own), right: classOf.get(examples[i].answer) ?? 0 }));
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (const { own, right } of random(seed, 'words', epoch).shuffle(rows)) {
      if (own.length === 0) continue;
      score(own);
      const most = logits.reduce((a, b) => Math.max(a, b));
      const all = logits.reduce((sum, x) => sum + Math.exp(x - most), 0);
      for (let c = 0; c < width; c++) {
        const slope = Math.exp(logits[c] - most) / all - (c === right ? 1 : 0);
        if (Math.abs(slope) < 1e-4) continue;
        for (const f of own) {
          squares[f * width + c] += slope * slope;
          weights[f * width + c] -= (RATE * slope) / (Math.sqrt(squares[f * width + c]) + 1e-8);
        }
      }
    }
  return (text) => {
    score(known(featuresOf(text)));
    return answers[logits.reduce((best, x, c) => (x > logits[best] ? c : best), 0)];
  };
}
