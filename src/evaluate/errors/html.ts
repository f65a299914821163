/** The analysis as a page: bars as in the paper's figure 1, tables, and examples of each kind with their pictures. */
import { barChart, intervalChart } from '../../report/charts.ts';
import { type Html, html } from '../../report/html.ts';
import { page } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { htmlTable } from '../../report/table.ts';
import type { Items } from '../reopened.ts';
import type { ErrorAnalysis, Example, SorterResult } from './analysis.ts';
import type { Judged } from './judge.ts';
import { FIRST_COUNTS, KINDS, MEANING } from './kinds.ts';
import { decidingSpan, traceOf } from './program.ts';
import {
  changeSentences,
  changesTable,
  comparisonsTable,
  confusionTable,
  countsTable,
  evaluationsTable,
  judgeSentences,
  kindsShown,
} from './tables.ts';
import { idOf } from './wrong.ts';

/** Characters of a response that are shown. */
const SHOWN = 4000;

const sentences = (all: readonly string[]) => html`<p>${all.map((one) => html`${one}<br>`)}</p>`;

function bars(result: SorterResult, names: readonly string[]): Html {
  const digits = result.single ? 0 : 1;
  return barChart({
    title: 'Wrong answers by kind',
    groups: kindsShown(result).map((kind) => ({
      label: kind,
      bars: result.counts.map(({ kinds, wrong }, e) => ({
        name: names[e],
        value: kinds[kind].count,
        ...(result.counts.length === 1 && {
          low: kinds[kind].share.low * wrong,
          high: kinds[kind].share.high * wrong,
        }),
      })),
    })),
    format: (x) => x.toFixed(digits),
  });
}

function sorterSections(analysis: ErrorAnalysis, result: SorterResult) {
  const names = analysis.evaluations.map(({ name }) => name);
  const judge = result.name === 'judge' ? analysis.judge : undefined;
  const changes = names.slice(1).map((name, to) => ({
    heading: `From ${names[0]} to ${name}, by ${result.name}`,
    body: html`${sentences(changeSentences(result, to))}
${intervalChart({
  title: 'Change, in % of all wrong answers before, with 95 % intervals over questions',
  zero: true,
  rows: [...kindsShown(result), 'all' as const].map((kind) => ({
    label: kind,
    value: 100 * result.changes[to][kind].ofAll.value,
    low: 100 * result.changes[to][kind].ofAll.low,
    high: 100 * result.changes[to][kind].ofAll.high,
  })),
  format: (x) => x.toFixed(1),
})}${htmlTable(changesTable(result, to))}
<p class="note">% of all: of all wrong answers before; % of kind: of those of the kind. Paired by question; the answers of a question are averaged first. A change is called one only where its interval does not hold 0 and at least 6 questions changed.</p>`,
  }));
  return [
    {
      heading: `Sorted by ${result.name}`,
      body: html`<p>${result.how}</p><p class="note">Counted: ${result.answers}.</p>${bars(result, names)}${htmlTable(countsTable(result, names))}${judge && sentences(judgeSentences(judge))}`,
    },
    ...changes,
  ];
}

const marked = (text: string, span: readonly [number, number] | undefined): Html => {
  if (!span || span[0] >= SHOWN) return html`${text.slice(0, SHOWN)}${text.length > SHOWN && ' …'}`;
  const [start, end] = span;
  return html`${text.slice(0, start)}<mark>${text.slice(start, end)}</mark>${text.slice(end, Math.max(end, SHOWN))}`;
};

export interface Shown {
  examples: readonly Example[];
  items: Items;
  /** What a judge said of them. */
  said: ReadonlyMap<string, Judged>;
}

async function card(
  { kind, line, evaluation }: Example,
  names: readonly string[],
  shown: Shown,
): Promise<Html> {
  const item = await shown.items.of(line);
  const pictures = await Promise.all((item?.row.images ?? []).map((image) => pictureHtml(image, 'picture')));
  const said = shown.said.get(idOf(line));
  const found = said ? undefined : await traceOf(line, shown.items);
  const at = said ? line.response.indexOf(said.quote) : -1;
  const span =
    said && said.quote !== '' && at >= 0
      ? ([at, at + said.quote.length] as const)
      : found && kind === found.cause
        ? decidingSpan(found, line.response)
        : undefined;
  return html`<article class="card"><div>${pictures.length > 0 ? pictures : html`<p class="muted">no picture</p>`}</div>
<div><p>${(item?.row.problem ?? line.question).replaceAll('<image>', ' ').trim()}</p>
<p class="muted">Right answer: ${line.answer}. ${names.length > 1 && html`Answered by ${names[evaluation]}. `}</p>
<pre>${marked(line.response, span)}</pre>${said && html`<p class="note">Judge: ${said.reason}</p>`}</div></article>\n`;
}

export async function analysisPage(analysis: ErrorAnalysis, shown: Shown): Promise<string> {
  const names = analysis.evaluations.map(({ name }) => name);
  const examples: Html[] = [];
  for (const kind of KINDS) {
    const own = shown.examples.filter((example) => example.kind === kind);
    if (own.length === 0) continue;
    const cards: Html[] = [];
    for (const example of own) cards.push(await card(example, names, shown));
    examples.push(html`<h3>${kind}</h3>${cards}`);
  }
  const { comparisons, notes } = analysis;
  return page({
    title: 'Error kinds',
    subtitle: names.length > 1 ? `${names[0]} and ${names.slice(1).join(', ')}` : names[0],
    sections: [
      {
        heading: 'Wrong answers',
        body: html`${htmlTable(evaluationsTable(analysis))}${notes.map((note) => html`<p class="warning">${note}.</p>`)}`,
      },
      ...analysis.sorters.flatMap((sorter) => sorterSections(analysis, sorter)),
      ...(comparisons.length > 0
        ? [
            {
              heading: 'How far they agree',
              body: html`${htmlTable(comparisonsTable(comparisons))}${comparisons.filter(({ n }) => n > 0).map((one) => html`<h3>${one.a} and ${one.b}</h3>${htmlTable(confusionTable(one))}`)}`,
            },
          ]
        : []),
      ...(examples.length > 0
        ? [
            {
              heading: 'Examples',
              body: html`<p class="note">Marked: what the sorting rests on.</p>${examples}`,
            },
          ]
        : []),
      {
        heading: 'What the kinds mean',
        body: html`<dl class="facts">${KINDS.map((kind) => html`<dt>${kind}</dt><dd>${MEANING[kind]}</dd>`)}</dl><p>${FIRST_COUNTS}</p>`,
      },
    ],
  });
}
