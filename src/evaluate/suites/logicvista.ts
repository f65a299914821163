import { textOf } from '../../data/fields.ts';
import { parsed } from '../../data/record.ts';
import { publishedSuite } from './open-set.ts';

/** `inductive`, or a list of several. */
function skillOf(value: unknown): string | undefined {
  const inside = parsed(value);
  return (Array.isArray(inside) ? inside.map(textOf).join(', ') : textOf(inside)) || undefined;
}

export const logicvista = publishedSuite({
  name: 'logicvista',
  title: 'LogicVista',
  description: 'lscpku/LogicVista: logical reasoning on pictures, one letter or several',
  group: 'vision',
  questions: 447,
  split: 'lscpku_LogicVista',
  archive: 'lscpku_LogicVista_images.zip',
  levels: ['high'],
  forms: [
    {
      name: 'hub',
      repo: 'lscpku/LogicVista',
      files: /^(data\/)?(test|train)-\d{5}-of-\d{5}[^/]*\.parquet$/,
      scoring: 'choices',
      layouts: [
        {
          name: 'the columns of lscpku/LogicVista',
          has: ['id', 'question', 'answer', 'image', 'skill'],
          columns: { problem: 'question', answer: 'answer', images: 'image', id: 'id' },
          reads: ['id', 'skill'],
          key: ({ id }) => textOf(id),
          facts: ({ skill }) => ({ task: skillOf(skill) }),
        },
      ],
    },
  ],
});
