import { optionsOf } from '../../data/choices.ts';
import { textOf } from '../../data/fields.ts';
import { valueAt } from '../../data/record.ts';
import { publishedSuite } from './open-set.ts';

/** 1.0 for one decimal; null where the answer is no decimal number. */
function decimals(value: unknown): number | undefined {
  const n = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isInteger(n) && n >= 0 && n <= 12 ? n : undefined;
}

export const mathvista = publishedSuite({
  name: 'mathvista',
  title: 'MathVista',
  description: 'AI4Math/MathVista, testmini: options by their text, whole and decimal numbers, lists',
  group: 'general',
  questions: 1000,
  split: 'AI4Math_MathVista',
  archive: 'AI4Math_MathVista_images.zip',
  levels: ['low', 'medium', 'high'],
  forms: [
    {
      name: 'hub',
      repo: 'AI4Math/MathVista',
      files: /^(data\/)?testmini-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          name: 'the columns of AI4Math/MathVista',
          has: ['pid', 'question', 'choices', 'answer', 'answer_type'],
          columns: { problem: 'question', answer: 'answer', choices: 'choices', id: 'pid' },
          reads: ['pid', 'choices', 'precision', 'metadata'],
          key: ({ pid }) => textOf(pid),
          facts: (record) => ({
            task: textOf(valueAt(record, 'metadata.task')) || undefined,
            choices: optionsOf(record.choices),
            precision: decimals(record.precision),
          }),
        },
      ],
      notes: [
        'asked with the question and its options; the hints of the column `query` (answer by letter, so many decimals) are left out, the scoring takes both',
      ],
    },
  ],
});
