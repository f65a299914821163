/** Answers that are made to take long: every construct of a grader, short and up to a million characters. */
import { type Random, random } from '../random.ts';

type Family = (n: number, rng: Random) => string;

const digits = (n: number, rng: Random) => Array.from({ length: n }, () => rng.int(10)).join('');
const nest =
  (open: string, close: string, inner = '1') =>
  (n: number) =>
    `${open.repeat(n)}${inner}${close.repeat(n)}`;
const repeat = (text: string) => (n: number) => text.repeat(Math.max(1, Math.floor(n / text.length)));

/** `n` is about how many characters there are, for nested ones how deep they lie. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  digits,
  'digits with commas': (n, rng) => digits(n, rng).replace(/(\d{3})/g, '$1,'),
  'digits and underscores': repeat('1_'),
  decimals: (n, rng) => `0.${digits(n, rng)}`,
  'other digits': repeat('٥'),
  'mathematical digits': repeat('𝟗'),
  commas: repeat(','),
  'one in four': repeat('1,11'),
  spaces: (n) => `1${' '.repeat(n)}x`,
  'spaces between': repeat('1 '),
  'lines between': repeat('1\n'),
  tabs: (n) => `${'\t'.repeat(n)}1\\text{${' '.repeat(n)}}`,
  minus: repeat('-'),
  'minus and spaces': repeat('- '),
  plus: repeat('1+'),
  'plus x': repeat('x+y+'),
  times: repeat('2*'),
  powers: repeat('2^'),
  'braced powers': nest('2^{', '}', '2'),
  'power tower': nest('(2^', ')', '2'),
  'powers of sums': (n) => `${'(x+y+1)'.repeat(Math.min(n, 40))}^{${n}}`,
  products: repeat('(x+1)(y-2)'),
  quotients: repeat('(x+1)/(y-2)/'),
  slashes: repeat('1/'),
  parentheses: nest('(', ')'),
  brackets: nest('[', ']'),
  braces: nest('{', '}'),
  'open braces': repeat('{'),
  'closed braces': repeat('}'),
  'open parentheses': repeat('('),
  tuple: (n) => `(${'1,'.repeat(n / 2)}2)`,
  set: (n) => `{${'1,'.repeat(n / 2)}2}`,
  'set of sets': nest('{1,{2,', '},{3}}'),
  'tuple of tuples': nest('((1,2),', ',(3,4))', '5'),
  fractions: nest('\\frac{1}{', '}'),
  // Deeper ones are given up at once.
  'some open fractions': (n) => `${'\\frac{1+'.repeat(Math.min(n, 60))}x`,
  'bare fractions': repeat('\\frac'),
  'fractions without braces': repeat('\\frac12'),
  roots: nest('\\sqrt{', '}', '2'),
  'bare roots': repeat('\\sqrt'),
  'indexed roots': nest('\\sqrt[3]{', '}', '2'),
  'sum of roots': (n, rng) =>
    Array.from({ length: Math.ceil(n / 9) }, () => `\\sqrt{${rng.int(99991)}}`).join('+'),
  'roots of large numbers': (n, rng) =>
    Array.from({ length: Math.ceil(n / 20) }, () => `\\sqrt{${digits(15, rng)}}`).join('+'),
  'a huge root': (n, rng) => `\\sqrt{${digits(n, rng)}}`,
  factorials: repeat('400!+'),
  'nested factorials': nest('(', ')!', '3'),
  accents: nest('\\hat{', '}', 'abc'),
  'accents doubled': nest('\\overline{\\vec{', '}}', 'ab'),
  text: nest('\\text{', '}', 'a'),
  'text and spaces': repeat('\\text{ a} '),
  matrix: (n) => `\\begin{pmatrix}${'1&2\\\\'.repeat(n / 5)}\\end{pmatrix}`,
  environments: nest('\\begin{align}', '\\end{align}'),
  'bare begin': repeat('\\begin{'),
  macros: repeat('\\alpha'),
  backslashes: repeat('\\'),
  'double dollars': repeat('$$'),
  percent: repeat('5%'),
  units: repeat('5 square meters per second '),
  'unit names': repeat('centimeter'),
  degrees: repeat('^ \\circ'),
  words: repeat('the answer is '),
  letters: repeat('ab'),
  'letters of words': repeat('abcd '),
  equations: repeat('x=1,'),
  'plus or minus': repeat('±x'),
  or: repeat('1 or '),
  choices: repeat('(A)'),
  'choice text': (n) => `The answer is option: ${'('.repeat(n)}A`,
  boxes: nest('\\boxed{', '}', 'A'),
  stars: repeat('**'),
  quotes: repeat('$\'"'),
  'mixed numbers': repeat('1 2/3 '),
  superscripts: repeat('x²³'),
  'vulgar fractions': repeat('½'),
  bars: repeat('|x'),
  decimalPoints: repeat('1.'),
  exponents: (n, rng) => `1e${digits(n, rng)}`,
  million: repeat('1 million '),
  functions: nest('sin(', ')', 'x'),
  logarithms: nest('\\log{(', ')}', 'x'),
  symbolic: (n) => Array.from({ length: Math.ceil(n / 8) }, (_, i) => `x^{y+${i}}`).join('*'),
  'many symbols': (n) => Array.from({ length: Math.ceil(n / 6) }, (_, i) => `x_${i}*y`).join('+'),
  nulls: repeat('\u0000'),
  surrogates: repeat('\ud83d'),
  emoji: repeat('😀'),
  'zero width': repeat('1\u200b'),
};

/** One answer a family and size; with `damage`, some of its characters are exchanged for those of the others. */
export function hostileAnswer(family: string, size: number, seed: string): string {
  const rng = random(seed, family, size);
  const text = FAMILIES[family](size, rng);
  if (!seed.startsWith('damaged')) return text;
  const chars = [...'{}()[]\\^_-+*/=,.!$%&| \n1x'];
  let out = text;
  for (let i = 0; i < 3; i++) {
    const at = rng.int(out.length + 1);
    out = out.slice(0, at) + rng.pick(chars) + out.slice(at + rng.int(2));
  }
  return out;
}
