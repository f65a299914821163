/** report.html of an evaluation: everything in one file that opens anywhere. */
import { join } from 'node:path';
import { writeAside } from '../durable.ts';
import { PapoError } from '../errors.ts';
import { barChart } from '../report/charts.ts';
import { type Html, html } from '../report/html.ts';
import { page } from '../report/page.ts';
import { pictureHtml } from '../report/picture.ts';
import { htmlTable } from '../report/table.ts';
import { type AnswerLine, type AskedQuestion, type Evaluation, REPORT_FILE } from './files.ts';
import { type Metrics, majorityOf } from './metrics.ts';
import { publishedSection } from './published-section.ts';
import { type SuiteSummary, type Summary, summaryOf } from './summary.ts';
import { apartText, groupsTable, inOrder, suitesTable } from './summary-text.ts';
import type { Suite } from './types.ts';

/** Questions that are shown whole, of each sort. */
const SHOWN = 8;
/** Characters of a response that are shown. */
const CHARACTERS = 1200;

/** Encoded pictures of a question; none where it has none or cannot be read any more. */
export type PicturesOf = (question: AskedQuestion) => Promise<readonly Uint8Array[]>;

/** From suites that are open. */
export function picturesIn(suites: readonly Suite[]): PicturesOf {
  const byName = new Map(suites.map((suite) => [suite.name, suite]));
  return async ({ suite, at }) => {
    try {
      return (await byName.get(suite)?.item(at))?.row.images ?? [];
    } catch (error) {
      if (!(error instanceof PapoError)) throw error;
      return [];
    }
  };
}

/** Writes report.html. @returns its path @throws CheckpointError where it cannot be written */
export async function writeReport(
  evaluation: Evaluation,
  picturesOf: PicturesOf = async () => [],
): Promise<string> {
  const path = join(evaluation.dir, REPORT_FILE);
  const text = await reportHtml(evaluation, picturesOf);
  writeAside(path, () => [Buffer.from(text)]);
  return path;
}

export async function reportHtml(evaluation: Evaluation, picturesOf: PicturesOf): Promise<string> {
  const summary = summaryOf(evaluation);
  return page({
    title: `Evaluation of ${summary.policy}`,
    subtitle: summary.description,
    sections: [
      { heading: 'What came out', body: overview(summary) },
      ...summary.suites.flatMap((suite) => suiteSection(suite, summary.pooled.samples)),
      ...publishedSection(summary),
      { heading: 'Questions that no answer got right', body: await shown(hopeless(evaluation), picturesOf) },
      { heading: 'Questions that are undecided', body: await shown(undecided(evaluation), picturesOf) },
      { heading: 'How it was asked', body: howAsked(summary) },
    ].filter(({ body }) => body.text !== ''),
  });
}

const accuracyBar = (name: string, { value, low, high }: Metrics['accuracy']) => ({
  name,
  value: value ?? Number.NaN,
  ...(low !== null && { low }),
  ...(high !== null && { high }),
});

const percent = (x: number) => `${(100 * x).toFixed(0)} %`;

/** Bars for each group: mean of the drawn answers, and the likeliest. */
const bars = (title: string, groups: Record<string, Metrics>) =>
  barChart({
    title,
    format: percent,
    groups: Object.entries(groups).map(([label, { accuracy, greedy, samples }]) => ({
      label,
      bars: [
        ...(accuracy.n > 0 ? [accuracyBar(`avg@${samples}`, accuracy)] : []),
        ...(greedy.n > 0 ? [accuracyBar('greedy', greedy)] : []),
      ],
    })),
  });

function overview(summary: Summary): Html {
  const { suites, dependency } = summary;
  const all = Object.fromEntries(suites.map(({ name, metrics }) => [name, metrics]));
  return html`<p>Accuracy in per cent with its 95 % interval over questions. Each question’s answers are averaged first;
    where questions share a source, the interval is that between sources. pass: whether one of the answers is right;
    maj: whether the commonest is.</p>
    ${htmlTable(suitesTable(summary))}
    ${suites.length > 1 ? bars('Accuracy by suite', all) : null}
    ${
      Object.keys(dependency).length > 1
        ? html`<h3>By how much only the picture tells</h3>${bars('Accuracy by vision dependency', inOrder(dependency))}
            ${htmlTable(groupsTable(inOrder(dependency), summary.pooled.samples))}`
        : null
    }`;
}

function suiteSection(suite: SuiteSummary, samples: number): { heading: string; body: Html }[] {
  const { title, source, scoring, tasks, metrics, notes } = suite;
  const apart = apartText(suite);
  const causes = Object.entries(metrics.causes ?? {});
  return [
    {
      heading: title,
      body: html`<p>${suite.answered} of ${suite.length} questions, from ${source}, scored as “${scoring}”.
        ${apart === '' ? null : html`Apart from right and wrong: ${apart}.`} ${notes.map((note) => html`${note} `)}</p>
        ${
          Object.keys(tasks).length > 1
            ? html`${bars('Accuracy by kind of question', tasks)}${htmlTable(groupsTable(tasks, samples, Number.POSITIVE_INFINITY))}`
            : null
        }
        ${
          causes.length > 0
            ? html`<h3>What went wrong first</h3>${barChart({
                title: 'Share of all drawn answers',
                format: percent,
                groups: causes.map(([label, value]) => ({ label, bars: [{ name: 'drawn answers', value }] })),
              })}`
            : null
        }`,
    },
  ];
}

const scores = (q: AskedQuestion) =>
  [...q.sampled_K, ...(q.greedy ? [q.greedy] : [])].flatMap(({ score }) => score ?? []);

/** Some questions of all kinds, one kind after the other. */
function spread(questions: readonly AskedQuestion[]): AskedQuestion[] {
  const byTask = new Map<string, AskedQuestion[]>();
  for (const question of questions) {
    const kind = `${question.suite} ${question.task ?? ''}`;
    byTask.set(kind, [...(byTask.get(kind) ?? []), question]);
  }
  const turns = Math.max(0, ...[...byTask.values()].map((all) => all.length));
  return Array.from({ length: turns }, (_, i) => [...byTask.values()].flatMap((all) => all[i] ?? []))
    .flat()
    .slice(0, SHOWN);
}

const hopeless = ({ questions }: Evaluation) =>
  spread(questions.filter((q) => scores(q).length > 0 && scores(q).every((score) => score < 0.5)));

/** Right now and then, but not most of the time or not in the likeliest answer. */
const undecided = ({ questions }: Evaluation) =>
  spread(
    questions.filter((q) => {
      const drawn = q.sampled_K.flatMap(({ score }) => score ?? []);
      return drawn.some((s) => s >= 0.5) && drawn.some((s) => s < 0.5) && majorityOf(q.sampled_K) === 0;
    }),
  );

async function shown(questions: readonly AskedQuestion[], picturesOf: PicturesOf): Promise<Html> {
  const each = await Promise.all(
    questions.map(async (question) => {
      const images = await picturesOf(question);
      const pictures = await Promise.all(images.map((bytes, i) => pictureHtml(bytes, `picture ${i + 1}`)));
      const answers = [...(question.greedy ? [question.greedy] : []), ...question.sampled_K];
      return html`<article><h3>${question.id}${question.task === undefined ? '' : ` (${question.task})`}</h3>
        ${pictures}<p>${question.question.replaceAll('<image>', ' ').trim()}</p><p>Reference: <b>${question.answer}</b></p>
        <ul>${distinct(answers).map(answerHtml)}</ul></article>`;
    }),
  );
  return html`${each}`;
}

/** Answers that were graded out as the same, once, with how many there are. */
function distinct(lines: readonly AnswerLine[]): { line: AnswerLine; count: number }[] {
  const all = new Map<string, { line: AnswerLine; count: number }>();
  for (const line of lines) {
    const found = all.get(String(line.given));
    if (found) found.count++;
    else all.set(String(line.given), { line, count: 1 });
  }
  return [...all.values()].sort((a, b) => b.count - a.count).slice(0, 4);
}

const answerHtml = ({ line, count }: { line: AnswerLine; count: number }) =>
  html`<li>${count} × ${line.verdict}: ${line.response.length > CHARACTERS ? `… ${line.response.slice(-CHARACTERS)}` : line.response}</li>`;

function howAsked({ asked, papo, suites }: Summary): Html {
  const { settings, samples, greedy, sampling, seed, differs } = asked;
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const facts: string[][] = [
    ['program', `papo ${papo}`],
    ['answers', `${samples} drawn${greedy ? ', and the likeliest' : ''}`],
    ...Object.entries(sampling).map(([key, value]) => [key, text(value)]),
    ['seed', seed],
    ...Object.entries(settings).map(([key, value]) => [key, text(value)]),
    ['unlike in training', differs.length > 0 ? differs.join('; ') : 'nothing'],
    ...suites.map(({ name, scoring }) => [`scoring of ${name}`, scoring]),
  ];
  return htmlTable({ columns: [{ name: 'setting' }, { name: 'value' }], rows: facts });
}
