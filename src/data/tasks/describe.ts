/** Scenes in words: whole for the supervised descriptions and for low dependency, in part for medium dependency. */
import { type Random, random } from '../../random.ts';
import type { Dependency } from '../row.ts';
import { countOf, entityWords, type Question } from './questions.ts';
import { GRID, objectAt, type Scene, type ShapesScene } from './scene.ts';

const rowWords = (scene: ShapesScene, row: number) =>
  Array.from({ length: GRID }, (_, column) => {
    const o = objectAt(scene, row, column);
    return o ? `${o.color} ${o.shape}` : '.';
  }).join(' ');

/**
 * The whole scene in words. Shapes cell by cell, rows from the top (`. . red circle . | blue square . . . | ...`, a dot
 * is an empty cell); a chart's bars from the left (`red 3 , blue 5 , green 1 , yellow 6`); a triangle by its angle.
 */
export function sceneWords(scene: Scene): string {
  switch (scene.kind) {
    case 'shapes':
      return Array.from({ length: GRID }, (_, row) => rowWords(scene, row)).join(' | ');
    case 'chart':
      return scene.bars.map((b) => `${b.color} ${b.height}`).join(' , ');
    case 'angle':
      return `right triangle , angle ${scene.angle}`;
  }
}

export const DESCRIBE_QUESTIONS = ['Describe the picture.', 'What is in the picture?'] as const;

/** A supervised example of describing: 70 % of these beside 30 % of questions made perception learnable in a trial. */
export function description(scene: Scene, rng: Random): { question: string; text: string } {
  return { question: rng.pick(DESCRIBE_QUESTIONS), text: sceneWords(scene) };
}

/**
 * What the words of a problem tell about its scene, before the question; empty where only the picture tells.
 * @param seedKey and `index` name the stream that draws which part is told at medium dependency
 */
export function toldWords(
  dependency: Dependency,
  scene: Scene,
  question: Question,
  seedKey: string | number,
  index: number,
): string {
  if (dependency === 'high') return '';
  const title = scene.kind === 'shapes' ? 'Grid' : scene.kind === 'chart' ? 'Bars' : 'Picture';
  if (dependency === 'low') return `${title} : ${sceneWords(scene)} ; `;
  const rng = random(seedKey, 'told', index);
  switch (scene.kind) {
    case 'shapes': {
      if (question.kind === 'sum' || question.kind === 'difference') {
        const e = rng.pick(question.of);
        const n = countOf(scene, e);
        return `There are ${n} ${entityWords(e)}. `;
      }
      const [a, b] = rng.shuffle([0, 1, 2, 3]).slice(0, 2).sort();
      return `Row ${a + 1} : ${rowWords(scene, a)} ; row ${b + 1} : ${rowWords(scene, b)} ; `;
    }
    case 'chart': {
      const keep = new Set(rng.shuffle([0, 1, 2, 3]).slice(0, 2));
      const told = scene.bars.filter((_, i) => keep.has(i));
      return `Bars : ${told.map((b) => `${b.color} ${b.height}`).join(' , ')} ; `;
    }
    case 'angle':
      return `The angle is ${scene.angle < 50 ? 'below 50' : 'above 45'}. `;
  }
}
