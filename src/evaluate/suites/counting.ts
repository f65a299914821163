import { publishedSuite } from './open-set.ts';

export const counting = publishedSuite({
  name: 'counting',
  title: 'Counting',
  description: 'BUAADreamer/clevr_count_70k, test: how many objects a SuperCLEVR scene has',
  group: 'vision',
  questions: 200,
  split: 'BUAADreamer_clevr_count_70k',
  archive: 'BUAADreamer_clevr_count_70k_images.zip',
  levels: ['high'],
  forms: [
    {
      name: 'hub',
      repo: 'BUAADreamer/clevr_count_70k',
      files: /^(data\/)?test-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'authors',
      layouts: [
        {
          name: 'the columns of BUAADreamer/clevr_count_70k',
          has: ['images', 'problem', 'answer'],
          columns: { problem: 'problem', answer: 'answer', images: 'images' },
          reads: [],
        },
      ],
    },
  ],
});
