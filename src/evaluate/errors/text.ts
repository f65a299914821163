/** The analysis for a terminal and as Markdown: the same parts, in two ways of writing. */
import { markdownTable, type Table, terminalTable } from '../../report/table.ts';
import type { ErrorAnalysis } from './analysis.ts';
import {
  changeSentences,
  changesTable,
  comparisonsTable,
  confusionTable,
  countsTable,
  evaluationsTable,
  judgeSentences,
} from './tables.ts';

interface Writing {
  heading(text: string): string;
  table(table: Table): string;
  text(sentences: readonly string[]): string;
}

const WIDTH = 80;

/** Lines of at most 80 columns, broken between words. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

const TERMINAL: Writing = {
  heading: (text) => `${wrapped(text)}\n`,
  table: (table) => terminalTable(table, WIDTH),
  text: (sentences) => sentences.map((sentence) => `${wrapped(sentence)}\n`).join(''),
};

const MARKDOWN: Writing = {
  heading: (text) => `## ${text}\n\n`,
  table: (table) => `${markdownTable(table)}\n`,
  text: (sentences) => sentences.map((sentence) => `${sentence}\n\n`).join(''),
};

function written(analysis: ErrorAnalysis, { heading, table, text }: Writing): string[] {
  const { evaluations, sorters, comparisons, judge, notes } = analysis;
  const names = evaluations.map(({ name }) => name);
  const sections = [heading('Wrong answers') + table(evaluationsTable(analysis))];
  for (const sorter of sorters) {
    sections.push(
      heading(`Sorted by ${sorter.name}`) +
        text([`Counted: ${sorter.answers}.`]) +
        table(countsTable(sorter, names)) +
        (sorter.name === 'judge' && judge ? text(judgeSentences(judge)) : ''),
    );
    for (const [to, name] of names.slice(1).entries())
      sections.push(
        heading(`From ${names[0]} to ${name}, by ${sorter.name}, %`) +
          table(changesTable(sorter, to)) +
          text(changeSentences(sorter, to)),
      );
  }
  if (comparisons.length > 0)
    sections.push(
      heading('How far they agree') +
        table(comparisonsTable(comparisons)) +
        comparisons
          .filter(({ n }) => n > 0)
          .map((comparison) => `\n${table(confusionTable(comparison))}`)
          .join(''),
    );
  if (notes.length > 0) sections.push(text(notes.map((note) => `Note: ${note}.`)));
  return sections;
}

export const analysisText = (analysis: ErrorAnalysis): string => written(analysis, TERMINAL).join('\n');

export const analysisMarkdown = (analysis: ErrorAnalysis): string =>
  `# Error kinds\n\n${written(analysis, MARKDOWN).join('')}`.replaceAll(/\n{3,}/g, '\n\n');
