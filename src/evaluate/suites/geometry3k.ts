import { publishedSuite } from './open-set.ts';

export const geometry3k = publishedSuite({
  name: 'geometry3k',
  title: 'Geometry3K',
  description: 'hiyouga/geometry3k, test: geometry with a figure, free-form answers',
  group: 'general',
  questions: 601,
  split: 'hiyouga_geometry3k',
  archive: 'hiyouga_geometry3k_images.zip',
  levels: ['low', 'medium'],
  forms: [
    {
      name: 'hub',
      repo: 'hiyouga/geometry3k',
      files: /^(data\/)?test-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'authors',
      layouts: [
        {
          name: 'the columns of hiyouga/geometry3k',
          has: ['images', 'problem', 'answer'],
          columns: { problem: 'problem', answer: 'answer', images: 'images' },
          reads: [],
        },
      ],
    },
  ],
});
