/** Sheets on which a person sorts wrong answers: a CSV file, and a page with the pictures that saves the same file. */
import { createHash } from 'node:crypto';
import { random } from '../../random.ts';
import { type Html, html } from '../../report/html.ts';
import { page } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { csvTable } from '../../report/table.ts';
import type { AnswerLine } from '../files.ts';
import type { Items } from '../reopened.ts';
import { FIRST_COUNTS, MEANING, SORTED } from './kinds.ts';
import { idOf } from './wrong.ts';

export const COLUMNS = ['row', 'id', 'question', 'reference', 'response', 'kind', 'note'] as const;

/** Wrong answers to be sorted, each once and in an order that tells nothing of whose they are. */
export function sheetLines(lines: readonly AnswerLine[], seed: string): AnswerLine[] {
  const unique = [...new Map(lines.map((line) => [idOf(line), line])).values()];
  // By id first: the order then depends on which answers there are, and on nothing else.
  const byId = (a: AnswerLine, b: AnswerLine) => (idOf(a) < idOf(b) ? -1 : 1);
  return random(seed, 'errors sheet').shuffle(unique.sort(byId));
}

/** A spreadsheet would compute what begins like a formula. */
const asText = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export const rowName = (i: number, of: number): string => `${i + 1} of ${of}`;

const cellsOf = (lines: readonly AnswerLine[]) =>
  lines.map((line, i) => [
    rowName(i, lines.length),
    idOf(line),
    asText(line.question),
    asText(line.answer),
    asText(line.response),
    '',
    '',
  ]);

/** With a mark at its beginning by which Excel knows UTF-8. */
export function sheetCsv(lines: readonly AnswerLine[]): string {
  return `\ufeff${csvTable({ columns: COLUMNS.map((name) => ({ name })), rows: cellsOf(lines) })}`;
}

/** The page: what is chosen stays in the browser until it is saved as the CSV file that --labels reads. */
export async function sheetPage(lines: readonly AnswerLine[], items: Items, file: string): Promise<string> {
  const cards: Html[] = [];
  for (const [i, line] of lines.entries()) {
    const item = await items.of(line);
    const pictures = item
      ? await Promise.all(item.row.images.map((image, n) => pictureHtml(image, `picture ${n + 1}`)))
      : [html`<p class="muted">no picture: the suite cannot be opened</p>`];
    const id = idOf(line);
    cards.push(html`<form class="card" data-id="${id}" data-row="${rowName(i, lines.length)}">
<div>${pictures}</div>
<div><p><strong>${rowName(i, lines.length)}</strong> ${item?.row.problem.replaceAll('<image>', ' ').trim() ?? line.question}</p>
${item?.choices && html`<p>${item.choices.map((text, n) => html`${String.fromCharCode(65 + n)}. ${text}<br>`)}</p>`}
<p class="muted">Right answer: ${line.answer}</p>
<pre>${line.response}</pre>
<p>${SORTED.map((kind) => html`<label title="${MEANING[kind]}"><input type="radio" name="${id}" value="${kind}"> ${kind}</label> `)}</p>
<p><input type="text" name="note" aria-label="note" placeholder="note"></p></div>
</form>\n`);
  }
  const kinds = html`<dl class="facts">${SORTED.map((kind) => html`<dt>${kind}</dt><dd>${MEANING[kind]}</dd>`)}</dl><p>${FIRST_COUNTS}</p>`;
  const save = html`<p><button type="button" id="save">Save as CSV</button> <span id="done" class="muted"></span></p>
<p class="note">The right answer is shown; whose response it is, is not. What you choose is kept in this browser until you clear its data.</p>`;
  return page({
    title: 'What went wrong?',
    subtitle: `${lines.length} wrong answers to sort`,
    sections: [
      { heading: 'The kinds', body: html`${kinds}${save}` },
      { heading: 'The answers', body: html`${cards}` },
    ],
    script: scriptOf(file, createHash('sha256').update(lines.map(idOf).join()).digest('hex').slice(0, 12)),
  });
}

const scriptOf = (file: string, sheet: string): string => `
const forms = [...document.querySelectorAll('form[data-id]')];
const kept = (() => { try { return JSON.parse(localStorage.getItem('papo ${sheet}')) ?? {}; } catch { return {}; } })();
const kindOf = (form) => form.querySelector('input[type=radio]:checked')?.value ?? '';
const tell = () => { document.getElementById('done').textContent = forms.filter(kindOf).length + ' of ' + forms.length + ' sorted'; };
for (const form of forms) {
  const [kind, note] = kept[form.dataset.id] ?? ['', ''];
  for (const input of form.querySelectorAll('input[type=radio]')) input.checked = input.value === kind;
  form.elements.note.value = note;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    kept[form.dataset.id] = [kindOf(form), form.elements.note.value];
    try { localStorage.setItem('papo ${sheet}', JSON.stringify(kept)); } catch {}
    tell();
  });
}
tell();
document.getElementById('save').addEventListener('click', () => {
  const cell = (text) => '"' + text.replaceAll('"', '""') + '"';
  const rows = forms.map((form) => [form.dataset.row, form.dataset.id, kindOf(form), form.elements.note.value]);
  const text = '\\ufeff' + [['row', 'id', 'kind', 'note'], ...rows].map((row) => row.map(cell).join(',') + '\\n').join('');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = ${JSON.stringify(file).replaceAll('<', '\\u003c')};
  link.click();
});
`;
