import { mathVerseForm, VISION } from './mathverse-layout.ts';
import { publishedSuite } from './open-set.ts';

export const mathverseV = publishedSuite({
  name: 'mathverse-v',
  title: 'MathVerse-V',
  description: 'the vision-dependent part of MathVerse: 436 problems in three versions',
  group: 'vision',
  questions: 1308,
  split: 'AI4Math_MathVerse_vision_dependent',
  archive: 'AI4Math_MathVerse_vision_dependent_images.zip',
  levels: ['medium', 'high'],
  forms: [
    mathVerseForm(VISION, [
      `its versions are taken to be ${VISION.join(', ')}: the number fits (436 problems in three), a list is not published`,
    ]),
  ],
  notes: ['a part of MathVerse: a mean over all suites counts its questions twice'],
});
