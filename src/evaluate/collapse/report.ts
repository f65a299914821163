/** The page of a collapse: the curves of its signs with the onset, what changed, and responses before and after it. */
import { basename } from 'node:path';
import type { Row } from '../../data/row.ts';
import { histogram, lineChart } from '../../report/charts.ts';
import { type Html, html } from '../../report/html.ts';
import { page } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { htmlTable } from '../../report/table.ts';
import type { Collapse } from './analysis.ts';
import { RULE } from './onset.ts';
import { BANDS, RUBRIC } from './relatedness.ts';
import { type Sample, thinned } from './samples.ts';
import type { SignKey, StepNumbers } from './signs.ts';
import {
  changeTable,
  onsetLine,
  relatednessLine,
  rescoredLines,
  spanText,
  varianceLine,
} from './terminal.ts';
import { latexFaults } from './text.ts';

/** Responses of each side that are shown. */
const SHOWN = 6;

const CURVES: { title: string; y: string; series: [name: string, key: SignKey][] }[] = [
  { title: 'KL_prcp', y: 'nats a token', series: [['KL_prcp', 'kl_prcp']] },
  { title: 'Reward', y: 'reward', series: [['reward', 'reward']] },
  { title: 'Clip ratio high', y: 'share of tokens', series: [['clip ratio high', 'clip_ratio_high']] },
  {
    title: 'Entropies',
    y: 'nats a token',
    series: [
      ['entropy', 'entropy'],
      ['masked view', 'entropy_masked'],
    ],
  },
];

export async function collapsePage(
  found: Collapse,
  steps: readonly StepNumbers[],
  sides: Record<'before' | 'after', readonly Sample[]>,
  rows: ReadonlyMap<string, Row>,
): Promise<string> {
  const { run, onset, texts } = found;
  const { before, after } = onset;
  return page({
    title: `Collapse of ${basename(run)}`,
    subtitle: onsetLine(found),
    sections: [
      { heading: 'The four signs', body: curves(found, steps) },
      {
        heading: `Steps ${spanText(before)} against ${spanText(after)}`,
        body: html`${htmlTable(changeTable([...found.signs, ...texts], { before, after }))}${lines(found)}`,
      },
      ...(found.rescored.before || found.rescored.after
        ? [{ heading: 'KL_prcp of single tokens', body: tokens(found) }]
        : []),
      ...(found.relatedness ? [{ heading: 'Relatedness', body: related(found.relatedness) }] : []),
      { heading: `Responses of steps ${spanText(before)}`, body: await examples(sides.before, rows) },
      { heading: `Responses of steps ${spanText(after)}`, body: await examples(sides.after, rows) },
      { heading: 'How this was found', body: method(found) },
    ].filter(({ body }) => body.text !== ''),
  });
}

function curves({ onset }: Collapse, steps: readonly StepNumbers[]): Html {
  const marks = onset.step === null ? [] : [{ x: onset.step, label: `onset, step ${onset.step}` }];
  const charts = CURVES.map(({ title, y, series }) => {
    const drawn = series.map(([name, key]) => ({
      name,
      points: steps.flatMap((s): [number, number][] => {
        const value = s[key];
        return value === undefined ? [] : [[s.step, value]];
      }),
    }));
    return lineChart({ title, x: 'step', y, series: drawn.filter(({ points }) => points.length > 0), marks });
  });
  const signs = onset.signs.map(
    ({ name, seen, words }) =>
      html`<li><b>${name}</b>: ${seen === undefined ? 'not measured' : seen ? html`<span class="bad">yes</span>` : 'no'} (${words})</li>`,
  );
  return html`${signs.length > 0 ? html`<ul>${signs}</ul>` : null}${charts}`;
}

const lines = (found: Collapse): Html =>
  html`${[varianceLine(found), ...rescoredLines(found), relatednessLine(found)].map((line) => (line === undefined ? null : html`<p>${line}</p>`))}`;

function tokens({ rescored }: Collapse): Html {
  const side = (name: string, values: readonly number[] | undefined) =>
    values && values.length > 0
      ? histogram({ title: `Tokens ${name}`, values, bins: 20, x: 'KL_prcp of a token, nats' })
      : null;
  return html`${side('before', rescored.before?.tokens)}${side('after', rescored.after?.tokens)}`;
}

function related({ change, bands, judge }: NonNullable<Collapse['relatedness']>): Html {
  const share = (x: number) => `${(100 * x).toFixed(0)} %`;
  const ofBands = BANDS.map(({ from, to, name }) => [
    `${from === to ? from : `${from}–${to}`} ${name}`,
    ...(bands[name] ?? [0, 0]).map(share),
  ]);
  return html`<p>By ${judge}; ${change.before?.n ?? 0} responses before, ${change.after?.n ?? 0} after.</p>
    ${htmlTable({ columns: [{ name: 'band' }, { name: 'before', align: 'right' }, { name: 'after', align: 'right' }], rows: ofBands })}
    <details><summary>What the judge was told</summary><pre>${RUBRIC}</pre></details>`;
}

async function examples(samples: readonly Sample[], rows: ReadonlyMap<string, Row>): Promise<Html> {
  const each = await Promise.all(
    thinned(samples, SHOWN).map(async ({ step, id, problem, answer, response, accuracy }) => {
      const images = rows.get(id)?.images ?? [];
      const pictures = await Promise.all(
        images.map((bytes, i) => pictureHtml(bytes, `picture ${i + 1} of ${id}`)),
      );
      const faults = latexFaults(response);
      return html`<div class="card">${pictures}<div><p class="muted">step ${step}, ${id}</p>
        <p>${problem.replaceAll('<image>', ' ').trim()}</p>
        <p>${response}</p>
        <p>reference <b>${answer}</b>${accuracy === null ? null : html`, <span class="${accuracy >= 0.5 ? 'right' : 'wrong'}">${accuracy >= 0.5 ? 'right' : 'wrong'}</span>`}</p>
        ${faults.length > 0 ? html`<p class="note">${faults.join('; ')}</p>` : null}</div></div>`;
    }),
  );
  return html`${each}`;
}

const method = ({ onset, notes }: Collapse): Html =>
  html`<p>Onset (${onset.by === 'given' ? 'named by hand here' : 'by rule'}): KL_prcp, its logarithm smoothed by a running median of
    ${RULE.smooth}, has to stay at ${RULE.climb} times its lowest or more; the onset is where two straight lines that meet fit it
    best. Further signs between the steps that lead up to it and those from its top on: the reward falls by more than
    ${RULE.errors} standard errors, the clip ratio at least doubles, both entropies rise to ${RULE.entropy} times what they were,
    tokens at the limit reach ${100 * RULE.limitShare} % and ${RULE.limitFactor} times their share. ${RULE.signs} of them, or
    ${100 * RULE.sureShare} % of all tokens at the limit, are needed: a policy that learns to look climbs too.</p>
    <p>Meaningless LaTeX: a command that does not exist, an empty argument, three or more of one command in a row, or what is
    not closed, outside of the box. Repeated: words in a run of three that comes at least three times in a response.
    Without reasoning: fewer than three words before the box.</p>${notes.map((note) => html`<p class="note">${note}</p>`)}`;
