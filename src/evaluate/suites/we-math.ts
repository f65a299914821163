import { optionsOf } from '../../data/choices.ts';
import { textOf } from '../../data/fields.ts';
import { publishedSuite } from './open-set.ts';

export const weMath = publishedSuite({
  name: 'we-math',
  title: 'We-Math',
  description: 'We-Math/We-Math, testmini: problems and their parts, multiple choice',
  group: 'general',
  questions: 1740,
  split: 'We_Math',
  archive: 'We-Math_We-Math_images.zip',
  levels: ['low', 'medium'],
  forms: [
    {
      name: 'hub',
      repo: 'We-Math/We-Math',
      files: /^(data\/)?testmini-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          name: 'the columns of We-Math/We-Math',
          has: ['ID', 'question', 'option', 'answer', 'key'],
          columns: { problem: 'question', answer: 'answer', choices: 'option', id: 'ID' },
          reads: ['ID', 'key', 'option', 'knowledge concept'],
          key: ({ ID, key }) => `${textOf(ID)}/${textOf(key)}`,
          facts: (record) => ({
            task: textOf(record['knowledge concept']) || undefined,
            cluster: textOf(record.ID) || undefined,
            choices: optionsOf(record.option),
          }),
        },
      ],
      notes: ['questions of one problem (column ID) vary together'],
    },
  ],
});
