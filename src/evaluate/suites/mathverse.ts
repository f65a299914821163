import { mathVerseForm, VERSIONS } from './mathverse-layout.ts';
import { publishedSuite } from './open-set.ts';

export const mathverse = publishedSuite({
  name: 'mathverse',
  title: 'MathVerse',
  description: 'AI4Math/MathVerse, testmini, multiple choice: 436 problems in five versions',
  group: 'general',
  questions: 2180,
  split: 'AI4Math_MathVerse',
  archive: 'AI4Math_MathVerse_images.zip',
  levels: ['low', 'medium', 'high'],
  forms: [mathVerseForm(Object.keys(VERSIONS), [])],
});
