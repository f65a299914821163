/** What MathVerse and its vision-dependent part have in common. */
import { textOf } from '../../data/fields.ts';
import { type Record_, valueAt } from '../../data/record.ts';
import type { Dependency } from '../../data/row.ts';
import type { SetForm } from './set.ts';

/**
 * The versions of a problem, and how much only the picture tells in each: nothing that is needed where the text has it all,
 * a part where its descriptions or implied properties stand in the figure alone, all of it where the conditions do.
 */
export const VERSIONS: Readonly<Record<string, Dependency>> = {
  'Text Dominant': 'low',
  'Text Lite': 'medium',
  'Vision Intensive': 'medium',
  'Vision Dominant': 'high',
  'Vision Only': 'high',
};

/** The versions that are counted as vision-dependent. */
export const VISION = ['Vision Intensive', 'Vision Dominant', 'Vision Only'];

const CHOICE = /^multi-?choice$/i;

/** The hub's form, of all versions or of some. */
export function mathVerseForm(versions: readonly string[], notes: readonly string[]): SetForm {
  const isLeftOut = (record: Record_): string | undefined => {
    if (!versions.includes(textOf(record.problem_version))) return 'another version of the problem';
    return CHOICE.test(textOf(record.question_type)) ? undefined : 'free-form, which the paper leaves out';
  };
  return {
    name: 'hub',
    repo: 'AI4Math/MathVerse',
    // Not testmini_text_only.parquet, which has no pictures.
    files: /^(data\/)?testmini(-\d{5}-of-\d{5}[^/]*)?\.parquet$/,
    scoring: 'choices',
    layouts: [
      {
        name: 'the columns of AI4Math/MathVerse',
        has: ['sample_index', 'problem_index', 'problem_version', 'question', 'image', 'answer'],
        columns: { problem: 'question', answer: 'answer', images: 'image', id: 'sample_index' },
        pictureAlone: true,
        reads: ['sample_index', 'problem_index', 'problem_version', 'question_type', 'metadata'],
        key: ({ sample_index }) => textOf(sample_index),
        leaveOut: isLeftOut,
        facts: (record) => ({
          task: textOf(valueAt(record, 'metadata.subject')) || undefined,
          dependency: VERSIONS[textOf(record.problem_version)],
          cluster: textOf(record.problem_index) || undefined,
        }),
      },
    ],
    notes: [
      `vision dependency of a question by its version: ${Object.entries(VERSIONS)
        .filter(([version]) => versions.includes(version))
        .map(([version, level]) => `${version} ${level}`)
        .join(', ')}`,
      'the versions of one problem (problem_index) vary together',
      'Vision Only has no words: the picture holds the question, and only the format prompt follows it',
      ...notes,
    ],
  };
}
