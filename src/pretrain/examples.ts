/** Supervised examples: scenes described, questions answered, and what each of their tokens weighs. */
import { description } from '../data/builtin/describe.ts';
import { renderScene } from '../data/builtin/draw.ts';
import { makeUndrawn } from '../data/builtin/make.ts';
import { solution } from '../data/builtin/solution.ts';
import type { Dependency } from '../data/row.ts';
import { TAUGHT, type TaskName } from '../data/tasks/index.ts';
import type { Prompt, TrainGroup } from '../engine/types.ts';
import { type Random, random } from '../random.ts';
import type { PolicyText } from '../rollout/prompts.ts';
import { encodePrompt, promptMessages } from '../text/prompt.ts';
import { prepareImage } from '../vision/processor.ts';
import type { PretrainOptions, Stage } from './recipe.ts';

/** The examples of step `step`; their weights add up to 1. */
export function batchOf(o: PretrainOptions, stage: Stage, text: PolicyText, step: number): TrainGroup[] {
  const kind = kindOf(o, stage, step);
  const examples = Array.from({ length: o.batch }, (_, i) =>
    example(o, text, kind, (step - 1) * o.batch + i),
  );
  const digits = new Set([...'0123456789'].flatMap((digit) => text.tokenizer.idOf(digit) ?? []));
  weigh(examples, digits, kind.describing ? 1 : (stage.digits ?? 1));
  return examples;
}

const LEVELS: readonly Dependency[] = ['high', 'high', 'high', 'medium', 'low'];

interface BatchKind {
  describing: boolean;
  dependency: Dependency;
  plain: number;
  tasks: readonly TaskName[];
}

/** A batch is of one kind, so that its examples are of like length. */
function kindOf(o: PretrainOptions, stage: Stage, step: number): BatchKind {
  const rng = random(o.seed, 'kind', step);
  const describing = rng.next() < stage.describe;
  return {
    describing,
    plain: stage.plain ?? 0,
    tasks: stage.tasks ?? TAUGHT,
    dependency: describing ? 'high' : rng.pick(stage.levels ?? LEVELS),
  };
}

/** A supervised response, with what its tokens weigh. */
interface Example extends TrainGroup {
  arrays_G: [{ weight: Float32Array }];
}

/** A scene is met once: example i is drawn from its own stream. */
function example(o: PretrainOptions, text: PolicyText, kind: BatchKind, i: number): Example {
  const rng = random(o.seed, 'example', i);
  const tasks = [rng.pick(kind.tasks)];
  const row = makeUndrawn(`${o.seed}-train`, i, { dependency: kind.dependency, split: 'train', tasks });
  const { scene } = row.meta;
  // A share of 0 or 1 draws nothing.
  const plain = kind.plain === 1 || (kind.plain > 0 && rng.next() < kind.plain);
  const words = kind.describing
    ? description(scene, rng)
    : { question: row.problem, text: solution(row, plain ? PLAIN : rng) };
  const problem = kind.describing ? `<image>${words.question}` : words.question;
  const prompt = promptOf(text, row.id, problem, scene);
  const tokens = Int32Array.from([...text.tokenizer.encode(words.text), text.tokenizer.special.imEnd]);
  return { prompt, responses_G: [tokens], arrays_G: [{ weight: new Float32Array(tokens.length) }] };
}

/** Weights that add up to 1 over the batch: all tokens alike, but for those that count `times` as much. */
function weigh(groups: readonly Example[], heavy: ReadonlySet<number>, times: number): void {
  let total = 0;
  for (const g of groups) {
    const weight = g.arrays_G[0].weight;
    g.responses_G[0].forEach((id, j) => {
      weight[j] = heavy.has(id) ? times : 1;
      total += weight[j];
    });
  }
  for (const { arrays_G } of groups)
    arrays_G[0].weight.forEach((w, j, weight) => {
      weight[j] = w / total;
    });
}

/** Draws that always fall on the first choice. */
const PLAIN: Random = {
  next: () => 0.999,
  int: () => 0,
  pick: (items) => items[0],
  normal: () => 0,
  shuffle: (items) => [...items],
};

export function promptOf(
  text: PolicyText,
  id: string,
  problem: string,
  scene: Parameters<typeof renderScene>[0],
): Prompt {
  const image = prepareImage(renderScene(scene), text.processor);
  const messages = promptMessages(problem, 1, id, text.format);
  const ids_L = encodePrompt(messages, [image.gridThw], text, text.processor.mergeSize, id);
  return { id, ids_L, views: { original: [image] } };
}
