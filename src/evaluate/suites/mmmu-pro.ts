import { optionsOf } from '../../data/choices.ts';
import { textOf } from '../../data/fields.ts';
import { publishedSuite } from './open-set.ts';
import type { SetForm, SetLayout } from './set.ts';

const REPO = 'MMMU/MMMU_Pro';

const common: Pick<SetLayout, 'reads' | 'key' | 'facts'> = {
  reads: ['id', 'options', 'subject'],
  key: ({ id }) => textOf(id),
  facts: ({ options, subject }) => ({
    task: textOf(subject) || undefined,
    choices: optionsOf(options),
  }),
};

/** Question and options in words, with up to seven pictures. */
const standard = (options: 10 | 4): SetForm => ({
  name: `standard-${options}`,
  repo: REPO,
  files: new RegExp(`^standard \\(${options} options\\)/test-\\d{5}-of-\\d{5}[^/]*\\.parquet$`),
  scoring: 'choices',
  layouts: [
    {
      ...common,
      name: `the columns of ${REPO}, standard`,
      has: ['question', 'options', 'image_1', 'answer'],
      columns: { problem: 'question', answer: 'answer', choices: 'options' },
    },
  ],
  notes: ['question and options in words; the paper asks the vision form'],
});

export const mmmuPro = publishedSuite({
  name: 'mmmu-pro',
  title: 'MMMU-Pro',
  description: `${REPO}, vision form (the question stands in the picture), or layout=standard-10, standard-4`,
  group: 'vision',
  questions: 1730,
  split: 'MMMU_MMMU_Pro',
  archive: 'MMMU_MMMU_Pro_images.zip',
  levels: ['high'],
  forms: [
    {
      name: 'vision',
      repo: REPO,
      files: /^vision\/test-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          ...common,
          name: `the columns of ${REPO}, vision`,
          has: ['image', 'options', 'answer'],
          lacks: ['question', 'image_1'],
          columns: { problem: '', answer: 'answer', images: 'image', choices: '' },
        },
      ],
      notes: ['question and options stand in the picture: only the format prompt follows it'],
    },
    standard(10),
    standard(4),
  ],
});
