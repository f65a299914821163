/** A comparison as one HTML file. */
import { barChart, intervalChart } from '../../report/charts.ts';
import { type Html, html } from '../../report/html.ts';
import { page, type Section } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { htmlTable } from '../../report/table.ts';
import type { Changed, Shown } from './changed.ts';
import type { Compared, Comparison, Row } from './compare.ts';
import { inShort, notesOf, type Part, pairTitle, partsOf, wholeTable } from './tables.ts';
import { familyText, letter, measureNamed, numberText, rowName, titleOf } from './words.ts';

/** Encoded pictures of a question; none where it has none or cannot be read any more. */
export type PictureOf = (suite: string, key: string) => Promise<readonly Uint8Array[]>;

/** Characters of an answer that are shown; its end, where the result stands. */
const CHARACTERS = 700;

/** Bars of both policies and the interval of their difference, for each row of an accuracy. */
function charts({ rows, measure: name }: Part, { before, after }: Compared): Html {
  const measure = measureNamed(name);
  const number = (x: number) => numberText(measure, x);
  const unit = measure.unit === 'share' ? '%' : measure.unit;
  const label = (row: Row) => `${rowName(row)} (${row.n})`;
  return html`${barChart({
    title: `${letter(before)} and ${letter(after)}, ${unit}`,
    format: number,
    groups: rows.map((row) => ({
      label: label(row),
      bars: [
        { name: letter(before), value: row.before },
        { name: letter(after), value: row.after },
      ],
    })),
  })}${intervalChart({
    title: `${letter(after)} − ${letter(before)}, ${unit === '%' ? 'points' : unit}, with 95 % interval; filled where it is clear`,
    zero: true,
    format: number,
    rows: rows.map((row) => ({
      label: label(row),
      value: row.value,
      low: row.low,
      high: row.high,
      clear: row.verdict !== 'unclear',
    })),
  })}`;
}

/** McNemar’s test of the likeliest answers, where there is one. */
function mcnemarHtml(rows: readonly Row[]): Html | null {
  const tested = rows.flatMap(({ mcnemar, ...row }) => (mcnemar ? [{ row, mcnemar }] : []));
  if (tested.length === 0) return null;
  const names = ['likeliest answers', 'right only before', 'right only after', 'McNemar, exact p', 'mid-p'];
  return htmlTable({
    columns: names.map((name, i) => ({ name, ...(i > 0 && { align: 'right' as const }) })),
    rows: tested.map(({ row, mcnemar: { gained, lost, exact, midP } }) => [
      rowName(row),
      String(lost),
      String(gained),
      exact.toPrecision(3),
      midP.toPrecision(3),
    ]),
  });
}

function partHtml(part: Part, compared: Compared): Html {
  const { isAccuracy } = measureNamed(part.measure);
  const title = `${part.title.slice(0, 1).toUpperCase()}${part.title.slice(1)}`;
  return html`<h3>${title}</h3>
${isAccuracy && (part.measure === 'accuracy' || part.kind === 'overall') ? charts(part, compared) : null}${htmlTable(wholeTable(part.rows, compared, ''))}${part.kind === 'overall' ? mcnemarHtml(part.rows) : null}`;
}

function answerHtml(name: string, answer: Shown | null): Html {
  if (!answer) return html`<p class="muted">${name}: no answer</p>`;
  const { response, verdict } = answer;
  const text = response.length > CHARACTERS ? `… ${response.slice(-CHARACTERS)}` : response;
  const look = verdict === 'right' ? 'right' : 'wrong';
  return html`<p class="${look}">${name}: ${verdict}</p><pre>${text === '' ? '(nothing)' : text}</pre>`;
}

async function changedHtml(
  questions: readonly Changed[],
  { before, after }: Compared,
  pictureOf: PictureOf,
): Promise<Html> {
  const accuracy = measureNamed('accuracy');
  const cards = await Promise.all(
    questions.map(async (one) => {
      const images = await pictureOf(one.suite, one.key);
      const pictures = await Promise.all(
        images.map((bytes, i) => pictureHtml(bytes, `picture ${i + 1} of ${one.id}`)),
      );
      const from = `${numberText(accuracy, one.before)} → ${numberText(accuracy, one.after)} %`;
      return html`<article class="card">${pictures.length > 0 ? html`<div>${pictures}</div>` : null}<div><h3>${one.suite}: ${one.id}</h3>
<p>${one.question.replaceAll('<image>', ' ').trim()}</p>
<p>Reference: <b>${one.answer}</b> · ${from}</p>
${answerHtml(letter(before), one.answers.before)}${answerHtml(letter(after), one.answers.after)}</div></article>\n`;
    }),
  );
  return html`${cards}`;
}

async function pairSections(
  compared: Compared,
  comparison: Comparison,
  pictureOf: PictureOf,
): Promise<Section[]> {
  const several = comparison.compared.length > 1;
  const pair = `${letter(compared.before)} → ${letter(compared.after)}`;
  const named = (heading: string) => (several ? `${pair}: ${heading}` : heading);
  const parts = partsOf(compared, comparison);
  const of = (isAccuracy: boolean, kinds: readonly Part['kind'][]) =>
    parts.filter(
      ({ measure, kind }) => measureNamed(measure).isAccuracy === isAccuracy && kinds.includes(kind),
    );
  const section = (heading: string, chosen: readonly Part[]): Section[] =>
    chosen.length === 0
      ? []
      : [{ heading: named(heading), body: html`${chosen.map((part) => partHtml(part, compared))}` }];
  const { gained, lost } = compared.changed;
  const changes = async (heading: string, questions: readonly Changed[]): Promise<Section[]> =>
    questions.length === 0
      ? []
      : [{ heading: named(heading), body: await changedHtml(questions, compared, pictureOf) }];
  return [
    ...section('Accuracy', of(true, ['overall'])),
    ...section('By kind of question', of(true, ['tasks'])),
    ...section('By vision dependency', of(true, ['dependency'])),
    ...section('Form and length', of(false, ['overall'])),
    ...(await changes('Questions that gained most', gained)),
    ...(await changes('Questions that lost most', lost)),
  ];
}

/** The page in words, charts and tables. */
export async function comparisonHtml(
  comparison: Comparison,
  pictureOf: PictureOf = async () => [],
): Promise<string> {
  const { evaluations, compared } = comparison;
  const overview = compared.map(
    (pair) => html`${compared.length > 1 ? html`<h3>${pairTitle(pair, comparison)}</h3>` : null}
<ul>${inShort(pair, comparison).map((text) => html`<li>${text}</li>`)}</ul>
${pair.warnings.length > 0 ? html`<div class="warning">Not the policy alone differs:<ul>${pair.warnings.map((text) => html`<li>${text}</li>`)}</ul></div>` : null}
${notesOf(pair).map((note) => html`<p class="note">${note}</p>`)}`,
  );
  const sections = await Promise.all(compared.map((pair) => pairSections(pair, comparison, pictureOf)));
  return page({
    title:
      evaluations.length === 2
        ? `${evaluations[0].dir} and ${evaluations[1].dir}`
        : `${evaluations.length} evaluations compared`,
    subtitle: 'Answers to the same questions, compared question by question',
    sections: [
      {
        heading: 'In short',
        body: html`<dl class="facts">${evaluations.map(({ dir, description }, i) => html`<dt>${letter(i)}</dt><dd>${dir}: ${description}</dd>`)}</dl>
${overview}`,
      },
      ...sections.flat(),
      { heading: 'How this was computed', body: method(comparison) },
    ],
  });
}

function method(comparison: Comparison): Html {
  const { seed, papo, evaluations } = comparison;
  const greedy = titleOf(
    measureNamed('greedy'),
    comparison,
    evaluations.map((_, i) => i),
  );
  return html`<p>Each question’s answers are averaged first; the difference of a question is one observation. Where questions
share a source (their number stands in brackets) the standard error is that between sources, and sources are drawn and turned
whole. Means over suites are unweighted. ${familyText(comparison)}</p>
<p>The interval is Student’s of the paired differences (of shares of which fewer than 30 changed: Agresti and Min’s); the
bootstrap’s is bias-corrected and accelerated. “Could show” is the smallest true difference that as many questions find 4 times
in 5 by a single comparison, from the standard error found. McNemar’s test (${greedy}) takes no account of sources. Tasks and
levels of fewer than 6 questions are left out, as they can show nothing. Other seeds of training are not in these intervals.</p>
<p class="note">papo ${papo}, seed ${seed}.</p>`;
}
