/** A drill: statements about a picture, one after the other; what is asked for weighs nothing, what is seen there does. */
import { statement } from '../data/builtin/describe.ts';
import type { AnyScene } from '../data/tasks/task.ts';
import type { Random } from '../random.ts';
import type { PolicyText } from '../rollout/prompts.ts';

/** Tokens after which no further statement is begun. */
const LENGTH = 40;

/** Tokens of the response and the weight of each. */
export function drill(
  { tokenizer }: PolicyText,
  scene: AnyScene,
  rng: Random,
): { tokens: number[]; weights: number[] } {
  const tokens: number[] = [];
  const weights: number[] = [];
  const say = (words: string, weight: number) => {
    const ids = tokenizer.encode(tokens.length > 0 ? ` ${words}` : words);
    tokens.push(...ids);
    weights.push(...ids.map(() => weight));
  };
  while (tokens.length < LENGTH) {
    for (const [asked, seen] of statement(rng, scene)) {
      say(asked, 0);
      say(seen, 1);
    }
    say('.', 0);
  }
  return { tokens, weights };
}
