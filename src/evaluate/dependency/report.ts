/** The page of a dependency analysis: bars by view, labels, and questions that need their picture most or not at all. */
import { PapoError } from '../../errors.ts';
import { barChart } from '../../report/charts.ts';
import { type Html, html } from '../../report/html.ts';
import { page } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { htmlTable } from '../../report/table.ts';
import type { Suite } from '../types.ts';
import { meanOf, type Question } from './questions.ts';
import type { Dependency, Group } from './summary.ts';
import {
  agreementLine,
  agreementTable,
  gainLines,
  groupsTable,
  RULE_WORDS,
  viewsTable,
  wordsTable,
} from './terminal.ts';
import { VIEW_WORDS, VIEWS, type View, type ViewSettings, viewOf } from './views.ts';

/** Questions of each sort that are shown. */
const SHOWN = 6;

const percent = (x: number) => `${(100 * x).toFixed(0)} %`;

const bars = (title: string, groups: Readonly<Record<string, Group>>) =>
  barChart({
    title,
    format: percent,
    groups: Object.entries(groups).map(([label, { accuracy }]) => ({
      label,
      bars: VIEWS.flatMap((view) => {
        const interval = accuracy[view];
        return interval
          ? [{ name: view, value: interval.value, low: interval.low, high: interval.high }]
          : [];
      }),
    })),
  });

const chance = (question: Question, view: View) =>
  meanOf(question.views[view]?.asked ?? { right: 0, n: 0 }) ?? 0;

export async function dependencyPage(
  found: Dependency,
  questions: readonly Question[],
  suites: readonly Suite[],
  settings: ViewSettings,
): Promise<string> {
  const gain = (q: Question) => chance(q, 'original') - chance(q, found.blind[q.suite] ?? 'none');
  const most = [...questions].sort((a, b) => gain(b) - gain(a)).filter((q) => gain(q) > 0);
  const leaking = [...questions]
    .filter((q) => chance(q, 'none') > 0)
    .sort((a, b) => chance(b, 'none') - chance(a, 'none') || gain(a) - gain(b));
  const shown = (some: readonly Question[]) => examples(some.slice(0, SHOWN), suites, settings);
  const agreement = agreementTable(found);
  const words = wordsTable(found);
  return page({
    title: `Vision dependency: ${found.policy}`,
    subtitle: found.description,
    sections: [
      {
        heading: 'With the picture and without',
        body: html`${bars(`Share of right answers, avg@${found.samples}`, { all: found.all })}${htmlTable(viewsTable(found))}
          <ul>${VIEWS.filter((view) => found.all.accuracy[view]).map((view) => html`<li><b>${view}</b>: ${VIEW_WORDS[view]}${view === 'masked' ? ` (${found.mask})` : ''}</li>`)}</ul>
          ${gainLines(found).map((line) => html`<p>${line}</p>`)}`,
      },
      ...groups('By suite', found, found.suites, true),
      ...groups('By task', found, found.tasks, Object.keys(found.tasks).length > 1),
      ...groups("By the data set's own labels", found, found.own, Object.keys(found.own).length > 0),
      {
        heading: 'Labels',
        body: html`<p>${RULE_WORDS}</p>${agreement ? html`${htmlTable(agreement)}<p>${agreementLine(found)}</p>` : null}`,
      },
      ...(words
        ? [
            {
              heading: 'What words give away',
              body: html`<p>A softmax regression on runs of one to three words, and the commonest answer of each task, learnt from
                ${found.words?.learnt} other questions, without pictures.</p>${htmlTable(words)}`,
            },
          ]
        : []),
      { heading: 'Questions that gain most from their picture', body: await shown(most) },
      { heading: 'Questions that are answered without a picture', body: await shown(leaking) },
      ...(found.notes.length > 0
        ? [{ heading: 'Notes', body: html`<ul>${found.notes.map((note) => html`<li>${note}</li>`)}</ul>` }]
        : []),
    ].filter(({ body }) => body.text !== ''),
  });
}

const groups = (heading: string, found: Dependency, all: Readonly<Record<string, Group>>, wanted: boolean) =>
  wanted
    ? [{ heading, body: html`${bars('Share of right answers', all)}${htmlTable(groupsTable(found, all))}` }]
    : [];

async function examples(
  questions: readonly Question[],
  suites: readonly Suite[],
  settings: ViewSettings,
): Promise<Html> {
  const each: Html[] = [];
  for (const question of questions) {
    const suite = suites.find(({ name }) => name === question.suite);
    const views = VIEWS.flatMap((view) => {
      const own = question.views[view];
      return own ? [{ view, own }] : [];
    });
    const pictures = suite ? await picturesOf(suite, question, settings) : null;
    const answers = views.map(
      ({ view, own }) =>
        html`<li><b>${view}</b> ${percent(meanOf(own.asked) ?? 0)}: ${own.response.slice(0, 600)}</li>`,
    );
    each.push(html`<article><h3>${question.id}</h3>${pictures}
      <p>${question.question.replaceAll('<image>', ' ').trim()}</p>
      <p>reference <b>${question.answer}</b>; label <b>${question.labelled.label}</b>${question.own === undefined ? null : html` (the data set: ${question.own})`}</p>
      <ul>${answers}</ul></article>`);
  }
  return html`${each}`;
}

/** The first picture as it is, and as it was shown under the views that change it. */
async function picturesOf(suite: Suite, question: Question, settings: ViewSettings): Promise<Html | null> {
  const shown: Html[] = [];
  try {
    const item = await suite.item(question.at);
    for (const view of VIEWS) {
      if (!question.views[view] || view === 'none' || view === 'blank') continue;
      const [picture] = (await viewOf(view, suite, settings)(item)).row.images;
      if (!picture) continue;
      const image = await pictureHtml(picture, `${view} picture of ${question.id}`);
      shown.push(html`<div>${image}<div class="muted">${view}</div></div>`);
    }
  } catch (error) {
    if (!(error instanceof PapoError)) throw error;
  }
  return shown.length > 0
    ? html`<div style="display: flex; flex-wrap: wrap; gap: 1rem">${shown}</div>`
    : null;
}
