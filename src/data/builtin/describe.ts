/** Scenes in words: whole for the supervised descriptions and for low dependency, in part for medium dependency. */
import { type Random, random } from '../../random.ts';
import type { Dependency } from '../row.ts';
import { sceneKindOf } from '../tasks/index.ts';
import type { AnyQuestion, AnyScene, Statement, Task } from '../tasks/task.ts';

/** The whole scene in words. */
export const sceneWords = (scene: AnyScene): string => sceneKindOf(scene).words(scene);

const QUESTIONS = ['Describe the picture.', 'What is in the picture?'] as const;

/** A supervised example of describing. */
export function description(scene: AnyScene, rng: Random): { question: string; text: string } {
  return { question: rng.pick(QUESTIONS), text: sceneWords(scene) };
}

/** One random true statement about a scene, for supervised training of what is seen. */
export const statement = (rng: Random, scene: AnyScene): Statement =>
  sceneKindOf(scene).statement(rng, scene);

/**
 * What the words of a problem tell about its scene, before the question; empty where only the picture tells.
 * @param seedKey and `index` name the stream that draws which part is told at medium dependency
 */
export function toldWords(
  dependency: Dependency,
  task: Task,
  question: AnyQuestion,
  scene: AnyScene,
  seedKey: string | number,
  index: number,
): string {
  if (dependency === 'high') return '';
  if (dependency === 'low') return `${task.scene.title} : ${task.scene.words(scene)} ; `;
  return task.hint(random(seedKey, 'told', index), question, scene);
}
