/** Supervised examples: scenes described, looked at thing by thing, questions answered, and what each of their tokens weighs. */
import { description } from '../data/builtin/describe.ts';
import { renderScene } from '../data/builtin/draw.ts';
import { type MakeOptions, makeUndrawn } from '../data/builtin/make.ts';
import { solution } from '../data/builtin/solution.ts';
import type { Dependency } from '../data/row.ts';
import type { Prompt, TrainGroup } from '../engine/types.ts';
import { type Random, random } from '../random.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { encodePrompt, promptMessages } from '../text/prompt.ts';
import { prepareImage } from '../vision/processor.ts';
import { drill } from './drill.ts';
import type { Recipe, Stage } from './recipe.ts';

type Scene = Parameters<typeof renderScene>[0];

/** A supervised response with what its tokens weigh, [T]. */
export interface Example extends TrainGroup {
  arrays_G: [{ weight: Float32Array }];
}

/** What is asked, what is shown, and the response with what each of its tokens weighs beside the others. */
interface Lesson {
  id: string;
  problem: string;
  scene: Scene;
  tokens: number[];
  weights: number[];
}

type Streams = Pick<Recipe, 'seed' | 'batch'>;

/** The examples of step `step` (from 1) of a recipe; their weights add up to 1. */
export function batchOf(recipe: Streams, stage: Stage, text: PolicyText, step: number): Example[] {
  const kind = kindOf(recipe.seed, stage, step);
  const lessons = Array.from({ length: recipe.batch }, (_, i) =>
    lessonOf(recipe.seed, stage, text, kind, (step - 1) * recipe.batch + i),
  );
  const total = lessons.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0);
  return lessons.map(({ id, problem, scene, tokens, weights }) => ({
    prompt: promptOf(text, id, problem, scene),
    responses_G: [Int32Array.from(tokens)],
    arrays_G: [{ weight: Float32Array.from(weights, (w) => w / total) }],
  }));
}

interface BatchKind {
  teaches: 'description' | 'drill' | 'answer';
  dependency: Dependency;
}

/** A batch is of one kind, so that its examples are of like length. */
function kindOf(seed: string, stage: Stage, step: number): BatchKind {
  const rng = random(seed, 'kind', step);
  const u = rng.next();
  if (u < stage.describe) return { teaches: 'description', dependency: 'high' };
  if (u < stage.describe + stage.drill) return { teaches: 'drill', dependency: 'high' };
  return { teaches: 'answer', dependency: rng.pick(stage.levels) };
}

/** A scene is met once: example i is drawn from its own stream. */
function lessonOf(seed: string, stage: Stage, text: PolicyText, kind: BatchKind, i: number): Lesson {
  const rng = random(seed, 'example', i);
  const options: MakeOptions = {
    dependency: kind.dependency,
    difficulty: stage.difficulty,
    split: 'train',
    tasks: [rng.pick(stage.tasks)],
  };
  const row = makeUndrawn(`${seed}-train`, i, options);
  const { id } = row;
  const { scene } = row.meta;
  if (kind.teaches === 'description') {
    const { question, text: words } = description(scene, rng);
    return { id, problem: `<image>${question}`, scene, ...said(text, words, 1) };
  }
  if (kind.teaches === 'drill') return { id, problem: '<image>Look.', scene, ...drill(text, scene, rng) };
  const shown = drawn(rng, stage.mismatch) ? makeUndrawn(`${seed}-other`, i, options).meta.scene : scene;
  const words = solution(row, drawn(rng, stage.plain) ? PLAIN : rng);
  return { id, problem: row.problem, scene: shown, ...said(text, words, stage.digits) };
}

/** Whether a share falls on this example; a share of 0 or 1 draws nothing. */
const drawn = (rng: Random, share: number): boolean => share === 1 || (share > 0 && rng.next() < share);

/** A whole response: all tokens weigh alike, but for the digits, which weigh `digits` times as much. */
function said({ tokenizer }: PolicyText, words: string, digits: number): Pick<Lesson, 'tokens' | 'weights'> {
  const heavy = new Set([...'0123456789'].map((digit) => tokenizer.idOf(digit)));
  const tokens = [...tokenizer.encode(words), tokenizer.special.imEnd];
  return { tokens, weights: tokens.map((token) => (heavy.has(token) ? digits : 1)) };
}

/** Draws that always fall on the first choice. */
const PLAIN: Random = {
  next: () => 0.999,
  int: () => 0,
  pick: (items) => items[0],
  normal: () => 0,
  shuffle: (items) => [...items],
};

/** A question about one scene, as the policy gets it. */
export function promptOf(text: PolicyText, id: string, problem: string, scene: Scene): Prompt {
  const image = prepareImage(renderScene(scene), text.processor);
  const messages = promptMessages(problem, 1, id, text.format);
  const ids_L = encodePrompt(messages, [image.gridThw], text, text.processor.mergeSize, id);
  return { id, ids_L, views: { original: [image] } };
}
