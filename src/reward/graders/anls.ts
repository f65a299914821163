import { z } from 'zod';
import { NO_ANSWER } from '../mathruler/boxed.ts';
import { grader } from './grader.ts';

/** Longer ones are compared as they stand. */
const LONGEST_ANSWER = 1_000;
const LONGEST_REFERENCES = 5_000;

/**
 * Normalised Levenshtein similarity, with which DocVQA and Scene Text VQA forgive a misread letter: 1 − edits / length of
 * the longer text, and 0 below the threshold. Case does not count, white space counts as one space. The mean over
 * questions is their ANLS. A reference may be a JSON list of texts; then the nearest counts. Cannot score an empty one.
 *
 * Source: Biten et al., ICDAR 2019 Competition on Scene Text Visual Question Answering (arXiv 1907.00490); at exactly the
 * threshold as the competition's script has it (rrc.cvc.uab.es/?ch=11): there it counts, while the paper's formula gives 0.
 */
export const anls = grader({
  name: 'anls',
  description: 'likeness of short texts by edits, the measure of DocVQA',
  judges: 'answer',
  settings: {
    threshold: z.number().min(0).max(1).default(0.5).describe('for anls: least likeness that counts'),
  },
  score({ given, truth }, { threshold }) {
    if (truth.trim() === '') return null;
    if (given === NO_ANSWER) return 0;
    if (truth.length > LONGEST_REFERENCES || given.length > LONGEST_ANSWER) return Number(given === truth);
    const references = referencesOf(truth).filter((text) => text !== '');
    if (references.length === 0) return null;
    const best = Math.max(...references.map((reference) => similarity(plain(given), reference)));
    return best >= threshold ? best : 0;
  },
});

const plain = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');

function referencesOf(truth: string): string[] {
  if (/^\s*\[/.test(truth))
    try {
      const list: unknown = JSON.parse(truth);
      if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list.map(plain);
    } catch {
      // A text that begins with a bracket.
    }
  return [plain(truth)];
}

/** 1 − Levenshtein distance / length of the longer text, of two that are not both empty. */
function similarity(a: string, b: string): number {
  const [x, y] = [codePoints(a), codePoints(b)];
  return 1 - edits(x, y) / Math.max(x.length, y.length);
}

const codePoints = (text: string) => Uint32Array.from(text, (char) => char.codePointAt(0) ?? 0);

function edits(x: Uint32Array, y: Uint32Array): number {
  /** Edits from the part of x that was read to each beginning of y. */
  const row = Uint32Array.from({ length: y.length + 1 }, (_, j) => j);
  for (let i = 0; i < x.length; i++) {
    let corner = i;
    row[0] = i + 1;
    for (let j = 1; j <= y.length; j++) {
      const above = row[j];
      row[j] = Math.min(above + 1, row[j - 1] + 1, corner + (x[i] === y[j - 1] ? 0 : 1));
      corner = above;
    }
  }
  return row[y.length];
}
