/** The published table beside what came out, where suites of it were evaluated. */
import { html } from '../report/html.ts';
import type { Section } from '../report/page.ts';
import { htmlTable } from '../report/table.ts';
import {
  PUBLISHED,
  PUBLISHED_NOTES,
  PUBLISHED_SUITES,
  type Scores,
  scoresOf,
  unweightedMeans,
} from './published.ts';
import type { Summary } from './summary.ts';

const text = (x: number | null | undefined) => (x === null || x === undefined ? '-' : x.toFixed(2));

/** One section, or none where no suite of the table was evaluated. */
export function publishedSection({ suites, policy, pooled }: Summary): Section[] {
  const own: Scores = Object.fromEntries(
    suites.flatMap(({ name, metrics }) =>
      PUBLISHED_SUITES.some(({ suite }) => suite === name) && metrics.accuracy.value !== null
        ? [[name, 100 * metrics.accuracy.value]]
        : [],
    ),
  );
  const shown = PUBLISHED_SUITES.filter(({ suite }) => own[suite] !== undefined);
  if (shown.length === 0) return [];
  const rowOf = (name: string, scores: Scores) => {
    const { general, vision, all } = unweightedMeans(scores);
    return [name, ...shown.map(({ suite }) => text(scores[suite])), text(general), text(vision), text(all)];
  };
  const right = (name: string) => ({ name, align: 'right' as const });
  const columns = [
    { name: '' },
    ...[...shown.map(({ title }) => title), 'General', 'Vision', 'All'].map(right),
  ];
  return [
    {
      heading: 'Beside the published results',
      body: html`<p>avg@${pooled.samples} in per cent here, avg@8 there (arXiv 2507.06448, table 1). They can be compared only where
        prompt, pixels, sampling and scoring are theirs: <code>--compat papo-eval</code>. Means need all suites of their group.</p>
        ${htmlTable({ columns, rows: [rowOf(policy, own), ...PUBLISHED.map((row) => rowOf(row.policy, scoresOf(row)))] })}
        <ul>${PUBLISHED_NOTES.map((note) => html`<li>${note}</li>`)}</ul>`,
    },
  ];
}
