import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anls } from './anls.ts';

const score = (given: string, truth: string, threshold = 0.5) =>
  anls.score({ given, truth, response: given, characters: given.length }, { threshold });

/** The definition, without a table. */
function edits(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  if (a[0] === b[0]) return edits(a.slice(1), b.slice(1));
  return 1 + Math.min(edits(a.slice(1), b), edits(a, b.slice(1)), edits(a.slice(1), b.slice(1)));
}

describe('anls', () => {
  it.each([
    ['sitting', 'kitten', 1 - 3 / 7],
    ['Denver R. Broncos', 'Denver Broncos', 1 - 3 / 17],
    ['denver  BRONCOS ', 'Denver Broncos', 1],
    // Half of the letters: what is at the threshold counts, what is below does not.
    ['abcd', 'abxy', 0.5],
    ['abcde', 'abxyz', 0],
    ['', 'word', 0],
    ['None', 'None', 0],
    ['5 cm', '5cm', 0.75],
    ['na\u00efve \u{1f600}', 'naive \u{1f600}', 1 - 1 / 7],
  ])('%s for %s: %d', (given, truth, value) => expect(score(given, truth)).toBeCloseTo(value, 12));

  it('takes the nearest of a list of references', () => {
    expect(score('21 may', '["May 21", "21 May", "the 21st"]')).toBe(1);
    expect(score('[1, 2]', '[1, 2]')).toBe(1);
    expect(score('["a"', '["a"')).toBe(1);
  });

  it('cannot score an empty reference', () => {
    for (const truth of ['', '  ', '[]', '["", " "]']) expect(score('a', truth)).toBeNull();
  });

  it('counts from its threshold on', () => {
    expect(score('abcde', 'abxyz', 0.3)).toBeCloseTo(0.4, 12);
    expect(score('abcdef', 'abcdeX', 0.9)).toBe(0);
  });

  it('is one minus edits by length, whatever the texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(score(a, b, 0)).toBeCloseTo(1 - edits(a, b) / Math.max(a.length, b.length), 12);
        expect(score(a, b)).toBe(score(b, a));
      }),
    );
  });

  it('compares what is long as it stands', () => {
    const long = 'word '.repeat(1200).trim();
    expect(score(long, long)).toBe(1);
    expect(score(long, `${long}s`)).toBe(0);
    expect(score(long.slice(0, 999), `${long.slice(0, 998)}!`)).toBeCloseTo(1 - 1 / 999, 12);
  });
});
