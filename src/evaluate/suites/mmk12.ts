import { textOf } from '../../data/fields.ts';
import { publishedSuite } from './open-set.ts';

export const mmk12 = publishedSuite({
  name: 'mmk12',
  title: 'MMK12',
  description: 'FanqingM/MMK12 or PAPOGalaxy/PAPO_MMK12_test, test: school mathematics and science',
  group: 'general',
  questions: 2000,
  split: 'PAPO_MMK12',
  archive: 'PAPO_MMK12_test_images.zip',
  levels: ['low', 'medium', 'high'],
  forms: [
    {
      name: 'hub',
      repo: 'FanqingM/MMK12',
      files: /^(data\/)?test-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          name: 'the columns of FanqingM/MMK12',
          has: ['id', 'question', 'answer', 'subject', 'image'],
          columns: { problem: 'question', answer: 'answer', images: 'image', id: 'id' },
          reads: ['id', 'subject'],
          key: ({ id }) => textOf(id),
          facts: ({ subject }) => ({ task: textOf(subject) || undefined }),
        },
      ],
    },
    {
      name: 'papo',
      repo: 'PAPOGalaxy/PAPO_MMK12_test',
      files: /^(data\/)?(test|train)-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          name: 'the columns of PAPOGalaxy/PAPO_MMK12_test',
          has: ['images', 'problem', 'answer'],
          columns: { problem: 'problem', answer: 'answer', images: 'images' },
          reads: [],
        },
      ],
    },
  ],
});
