/** Numbers and differences in words; the same in the terminal, Markdown and the page. */
import { type Comparison, FAMILIES, type Family, type RelativeGain, type Row } from './compare.ts';
import { MEASURES, type Measure } from './measures.ts';

/** Letters stand for evaluations in tables: A, B, … AA. */
export const letter = (i: number): string =>
  i < 26 ? String.fromCharCode(65 + i) : letter(Math.floor(i / 26) - 1) + letter(i % 26);

const byName = new Map(MEASURES.map((measure) => [measure.name, measure]));

export function measureNamed(name: string): Measure {
  const measure = byName.get(name);
  if (!measure) throw new RangeError(`no measure ${name}`);
  return measure;
}

/** Nothing is less than nothing: no -0.0. */
const unsigned = (text: string) => (/^-[0.]+$/.test(text) ? text.slice(1) : text);

/** Per cent for shares, one decimal. */
export const numberText = ({ unit }: Measure, x: number): string =>
  unsigned(unit === 'share' ? (100 * x).toFixed(1) : unit === 'tokens' ? x.toFixed(1) : x.toFixed(0));

export function signedText(measure: Measure, x: number): string {
  const text = numberText(measure, x);
  return text.startsWith('-') || Number(text) === 0 ? text : `+${text}`;
}

/** `-1.0 to +2.3`. */
export const rangeText = (measure: Measure, low: number | null, high: number | null): string =>
  low === null || high === null ? '' : `${signedText(measure, low)} to ${signedText(measure, high)}`;

/** `+3.8 (+1.2 to +6.4)`. */
export function differenceText(measure: Measure, { value, low, high }: Row): string {
  const range = rangeText(measure, low, high);
  return `${signedText(measure, value)}${range === '' ? '' : ` (${range})`}`;
}

/** `<.001`, `.012`, `.34`, `1`. */
export function pText(p: number): string {
  if (Number.isNaN(p)) return '-';
  if (p < 0.001) return '<.001';
  const text = p < 0.1 ? p.toFixed(3) : p.toFixed(2);
  return Number(text) >= 1 ? '1' : text.slice(1);
}

/** What a difference is called: `unclear` unless it is more than chance after correction. */
export const verdictText = ({ verdict, measure }: Pick<Row, 'verdict' | 'measure'>): string =>
  verdict === 'unclear' ? 'unclear' : measureNamed(measure)[verdict];

/** `gain, p<.001`. */
export function verdictAndP(row: Row): string {
  const p = pText(row.corrected);
  return `${verdictText(row)}, p${p.startsWith('<') ? p : `=${p}`}`;
}

const GROUPS: Readonly<Record<string, string>> = {
  all: 'mean over suites',
  general: 'mean, general',
  vision: 'mean, vision',
};

/** The line of a table. */
export function rowName({ group, name }: Pick<Row, 'group' | 'name'>): string {
  if (group === 'mean') return GROUPS[name] ?? name;
  return group === 'pooled' ? 'all questions' : name;
}

/** How many answers were drawn to each question, in the title of a measure. */
export function titleOf(measure: Measure, { evaluations }: Comparison, sides: readonly number[]): string {
  const samples = [...new Set(sides.map((i) => evaluations[i].samples))];
  return measure.title(samples.length === 1 ? String(samples[0]) : '?');
}

/** The row that a comparison is summed up by: the mean over suites, or its only suite. */
export const mainRow = (rows: readonly Row[], measure: string): Row | undefined =>
  rows.find((row) => row.measure === measure && row.group === 'mean') ??
  rows.find((row) => row.measure === measure && row.group === 'suite');

const points = (measure: Measure) => (measure.unit === 'share' ? ' points' : ` ${measure.unit}`);

/** One sentence; no difference is called one that may be chance. */
export function sentence(row: Row, title: string): string {
  const measure = measureNamed(row.measure);
  const range = rangeText(measure, row.low, row.high);
  const sure = `${range === '' ? '' : `95\u00a0% interval ${range}, `}corrected p ${pText(row.corrected)}`;
  const from = `${numberText(measure, row.before)} → ${numberText(measure, row.after)}`;
  const questions =
    row.suites === undefined ? `${row.n} questions` : `${row.n} questions of ${row.suites} suites`;
  if (row.verdict !== 'unclear')
    return `${title}: ${from}, a clear difference of ${signedText(measure, row.value)}${points(measure)} (${sure}; ${questions}).`;
  const shows =
    row.smallest === null
      ? ''
      : `; differences from ${numberText(measure, row.smallest)}${points(measure)} on would have been found 4 times in 5`;
  return `${title}: ${from}, no clear difference (${signedText(measure, row.value)}${points(measure)}; ${sure}; ${questions}${shows}).`;
}

/** `mean relative gain over 9 suites (accuracy): +4.4 % (+1.0 to +7.8)`. */
export function relativeText(
  { measure, name, suites, without, value, low, high }: RelativeGain,
  title: string,
): string {
  const percent = { ...measureNamed(measure), unit: 'share' as const };
  const of = name === 'all' ? '' : ` ${name}`;
  const range = rangeText(percent, low, high);
  const left = without.length > 0 ? `; without ${without.join(', ')}, where nothing was right before` : '';
  return `mean relative gain over ${suites.length}${of} ${suites.length === 1 ? 'suite' : 'suites'}, ${title}: ${signedText(percent, value)} %${range === '' ? '' : ` (${range}, bootstrap)`}${left}`;
}

/** What was corrected for, in sentences. */
export function familyText({ families, compared }: Comparison): string {
  const sizes = (Object.keys(FAMILIES) as Family[])
    .filter((family) => families[family] > 0)
    .map((family) => `${FAMILIES[family]} (${families[family]})`);
  const pairs = compared.length > 1 ? `, over all ${compared.length} pairs` : '';
  return `p is of the paired sign-flip test, corrected by Holm’s method for the differences of each of these families${pairs}: ${sizes.join('; ')}. A difference is called clear where the corrected p is at most .05 and the 95\u00a0% interval does not hold 0.`;
}
