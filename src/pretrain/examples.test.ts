import { describe, expect, it } from 'vitest';
import { statement } from '../data/builtin/describe.ts';
import { renderScene } from '../data/builtin/draw.ts';
import { makeUndrawn } from '../data/builtin/make.ts';
import { random } from '../random.ts';
import { prepareImage } from '../vision/processor.ts';
import { newBasePolicy } from './base-policy.ts';
import { batchOf, type Example, promptOf } from './examples.ts';
import type { Stage } from './recipe.ts';
import { smallPlan } from './small.testing.ts';

const { recipe } = smallPlan('looking').parts[0];
const { text } = newBasePolicy('examples', recipe.shape ?? expect.fail('looking has a shape'));
const stage: Stage = {
  ...recipe.stages[0],
  describe: 0,
  plain: 1,
  levels: ['high'],
  tasks: ['count', 'angle'],
};
const examples = (of: Partial<Stage>, batch = 24) =>
  batchOf({ seed: 's', batch }, { ...stage, ...of }, text, 1);

const words = (e: Example) => text.tokenizer.decode(e.responses_G[0], { skipSpecialTokens: true });
const pixels = (e: Example) => Buffer.from(e.prompt.views.original[0].pixelValues_NC.buffer);

describe('answers', () => {
  /** Of a row as the lesson draws it: the id says which. */
  const rowOf = (e: Example, key: string) => {
    const [, task, i] = /^(\w+)-train-s-train-(\d+)$/.exec(e.prompt.id) ?? expect.fail(e.prompt.id);
    return makeUndrawn(`s-${key}`, Number(i), { dependency: 'high', split: 'train', tasks: [task] });
  };
  const shows = (e: Example, key: string) => {
    const { pixelValues_NC } = prepareImage(renderScene(rowOf(e, key).meta.scene), text.processor);
    return Buffer.from(pixelValues_NC.buffer).equals(pixels(e));
  };

  it('come with the picture of another scene of the same task in the share that is asked for', () => {
    const [none, some, all] = [0, 0.4, 1].map((mismatch) => examples({ mismatch }));
    expect(none.every((e) => shows(e, 'train'))).toBe(true);
    expect(all.every((e) => shows(e, 'other') && !shows(e, 'train'))).toBe(true);
    const others = some.filter((e) => shows(e, 'other'));
    expect(some.filter((e) => shows(e, 'train')).length).toBe(some.length - others.length);
    expect(others.length).toBeGreaterThan(3);
    expect(others.length).toBeLessThan(16);
    // Question and answer stay those of the row.
    all.forEach((e, i) => {
      const { problem, answer, id, meta } = rowOf(e, 'train');
      expect(e.prompt.ids_L).toEqual(promptOf(text, id, problem, meta.scene).ids_L);
      expect(words(e)).toBe(words(none[i]));
      expect(words(e).replaceAll(' ', '')).toContain(`\\boxed{${answer.replaceAll(' ', '')}}`);
    });
  });

  it('weigh 1 together, a digit `digits` times another token', () => {
    for (const digits of [1, 4]) {
      const batch = examples({ digits }, 6);
      const all = batch.flatMap((e) => [...e.arrays_G[0].weight]);
      expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      const least = Math.min(...all);
      for (const e of batch)
        e.responses_G[0].forEach((token, j) => {
          const isDigit = /^\d$/.test(text.tokenizer.decode(Int32Array.of(token)));
          expect(e.arrays_G[0].weight[j] / least).toBeCloseTo(isDigit ? digits : 1, 4);
        });
    }
  });
});

describe('descriptions', () => {
  it('are of their own picture whatever the share of others, and weigh alike', () => {
    const [own, other] = [0, 1].map((mismatch) => examples({ describe: 1, mismatch, digits: 4 }, 6));
    expect(other.map(words)).toEqual(own.map(words));
    expect(other.every((e, i) => pixels(e).equals(pixels(own[i])))).toBe(true);
    expect(new Set(own.flatMap((e) => [...e.arrays_G[0].weight])).size).toBe(1);
  });
});

describe('drills', () => {
  it('weigh what is seen, and nothing of what is asked for', () => {
    const batch = examples({ drill: 1, mismatch: 1, digits: 4 }, 8);
    for (const e of batch) {
      const [, task, i] = /^(\w+)-train-s-train-(\d+)$/.exec(e.prompt.id) ?? expect.fail(e.prompt.id);
      const { scene } = makeUndrawn('s-train', Number(i), { split: 'train', tasks: [task] }).meta;
      const { weight } = e.arrays_G[0];
      const rng = random('s', 'example', Number(i));
      rng.pick(stage.tasks);
      // The same statements, by the words that lie in tokens of weight and of none.
      const parts: string[][] = [[], []];
      for (let words = ''; text.tokenizer.encode(words).length < e.responses_G[0].length; ) {
        const said = statement(rng, scene);
        words += `${words && ' '}${said.flat().join(' ')} .`;
        parts[0].push(...said.map(([asked]) => asked), '.');
        parts[1].push(...said.map(([, seen]) => seen));
      }
      const wordsOf = (heavy: boolean) =>
        text.tokenizer.decode(e.responses_G[0].filter((_, j) => weight[j] > 0 === heavy)).trim();
      expect(wordsOf(true)).toBe(parts[1].join(' '));
      expect(wordsOf(false).replaceAll(/ +/g, ' ')).toBe(parts[0].join(' '));
      expect(
        pixels(e).equals(Buffer.from(prepareImage(renderScene(scene), text.processor).pixelValues_NC.buffer)),
      ).toBe(true);
    }
    const all = batch.flatMap((e) => [...e.arrays_G[0].weight]);
    expect(new Set(all).size).toBe(2);
    expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });
});
