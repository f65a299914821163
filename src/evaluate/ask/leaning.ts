/** How strongly a token leaned on the pictures, in the steps that colours and words have. */
import { printable } from './text-so-far.ts';
import type { Look, TokenLook } from './types.ts';

/** Nats by which a token is likelier (or less likely) with the pictures, from where each step of colour begins. */
export const STEPS = [0.25, 1, 2, 4] as const;

export const leanOf = ({ logprob, masked }: TokenLook): number => logprob - masked;

/** 0: hardly; 1 to 4: so much likelier with the pictures, −1 to −4: so much less likely. */
export function stepOf(token: TokenLook): number {
  const lean = leanOf(token);
  const step = STEPS.filter((from) => Math.abs(lean) >= from).length;
  return step === 0 ? 0 : Math.sign(lean) * step;
}

export const signed = (x: number, digits = 1): string => {
  const text = Math.abs(x).toFixed(digits);
  return Number(text) === 0 ? text : `${x < 0 ? '-' : '+'}${text}`;
};

/** Without a sign on what is nothing. */
export const fixed = (x: number, digits: number): string => x.toFixed(digits).replace(/^-(?=0\.?0*$)/, '');

/** A token by itself: a space and a line's end are seen. */
export const visible = (name: string): string =>
  printable(name.trim() === '' ? name.replaceAll(' ', '␣') : name).replaceAll('\n', '↵');

/** What is shown of a token that adds no text of its own. */
export const nameOf = (token: TokenLook, isLast: boolean): string =>
  token.text !== '' ? token.text : isLast ? '(end)' : '(part)';

/** The tokens that leaned most, by size, at most `count`; none that hardly leaned. */
export function leaningMost({ tokens_T }: Look, count: number): { name: string; token: TokenLook }[] {
  return tokens_T
    .map((token, t) => ({ name: nameOf(token, t === tokens_T.length - 1), token }))
    .filter(({ token }) => stepOf(token) !== 0)
    .sort((a, b) => Math.abs(leanOf(b.token)) - Math.abs(leanOf(a.token)))
    .slice(0, count);
}

/** What the numbers were made from, in words: `random 0.6, mean of 4 masks, seed 1`. */
export const maskText = ({ mask, masks, seed }: Look): string =>
  `${mask}, ${masks === 1 ? 'one mask' : `mean of ${masks} masks`}, seed ${seed}`;
