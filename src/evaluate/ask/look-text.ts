/** How much each token leaned on the pictures, on a terminal: in colours where there are any, else in words. */
import { fixed, leaningMost, leanOf, maskText, nameOf, STEPS, signed, stepOf, visible } from './leaning.ts';
import { printable } from './text-so-far.ts';
import type { Look, TokenLook } from './types.ts';

/** Bits of colour: none, the 16 of every terminal, 256, or all. */
export type Colours = 0 | 4 | 8 | 24;

/** What the terminal shows, by its own variables (NO_COLOR of no-color.org, COLORTERM, TERM). */
export function coloursOf(isTTY: boolean, env: NodeJS.ProcessEnv): Colours {
  if (!isTTY || env.NO_COLOR || env.TERM === 'dumb') return 0;
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? '')) return 24;
  return /256/.test(env.TERM ?? '') ? 8 : 4;
}

/** By step, from the faintest: the ground, as each kind of terminal is told, and whether the ink on it is white. */
const GROUNDS = {
  24: {
    likelier: ['48;2;209;229;240', '48;2;146;197;222', '48;2;67;147;195', '48;2;33;102;172'],
    lessLikely: ['48;2;253;219;199', '48;2;244;165;130', '48;2;214;96;77', '48;2;178;24;43'],
    white: [false, false, false, true],
  },
  8: {
    likelier: ['48;5;195', '48;5;117', '48;5;74', '48;5;25'],
    lessLikely: ['48;5;224', '48;5;216', '48;5;167', '48;5;124'],
    white: [false, false, false, true],
  },
  4: {
    likelier: ['46', '46', '44', '44'],
    lessLikely: ['43', '43', '41', '41'],
    white: [false, false, true, true],
  },
} as const;

function painted(text: string, step: number, colours: Exclude<Colours, 0>): string {
  const { likelier, lessLikely, white } = GROUNDS[colours];
  const at = Math.abs(step) - 1;
  const ground = (step > 0 ? likelier : lessLikely)[at];
  const ink = colours === 24 ? (white[at] ? '38;2;255;255;255' : '38;2;0;0;0') : white[at] ? '97' : '30';
  // A ground that runs over the end of a line fills the terminal's next one.
  return text.replaceAll(/[^\n]+/g, (line) => `\u001b[${ink};${ground}m${line}\u001b[0m`);
}

/** `blue{+2.3}`; the number stands before a line's end. */
function worded(text: string, lean: number): string {
  const [, body, ends] = /^([\s\S]*?)(\n*)$/.exec(text) ?? [text, text, ''];
  return `${body}{${signed(lean)}}${ends}`;
}

function shown(token: TokenLook, isLast: boolean, colours: Colours): string {
  const step = stepOf(token);
  if (step === 0) return printable(token.text);
  const name = printable(nameOf(token, isLast));
  // A space before a word is the word's own token: its ground begins where the word does.
  const [, space, word] = /^(\s*)([\s\S]*)$/.exec(name) ?? [name, '', name];
  const body = word === '' ? name : word;
  const before = word === '' ? '' : space;
  return before + (colours === 0 ? worded(body, leanOf(token)) : painted(body, step, colours));
}

function legend(colours: Colours): string[] {
  if (colours === 0)
    return [
      `{+2.3}: with the picture the token is e^2.3 times as likely as masked; under ${STEPS[0]} no number`,
    ];
  const scale = (sign: number) =>
    STEPS.map((from, i) => painted(` ${from} `, sign * (i + 1), colours)).join('');
  return [`likelier with the picture ${scale(1)}, less likely ${scale(-1)} (nats and more)`];
}

/** The response, coloured, with a legend and what it sums up to; several lines, without one at the end. */
export function lookText(look: Look, colours: Colours): string {
  const { tokens_T, klPrcp, logprob, masked } = look;
  const text = tokens_T.map((token, t) => shown(token, t === tokens_T.length - 1, colours)).join('');
  const most = leaningMost(look, 5).map(
    ({ name, token }) => `${visible(name).trim()} ${signed(leanOf(token))}`,
  );
  return [
    text,
    ...legend(colours),
    most.length > 0 ? `leaned most: ${most.join(', ')}` : 'no token leaned on the picture',
    `mean KL_prcp ${klPrcp.toFixed(3)} over ${tokens_T.length} token${tokens_T.length === 1 ? '' : 's'}; log-probability ${fixed(logprob, 2)} with the picture, ${fixed(masked, 2)} masked`,
    `(${maskText(look)})`,
  ].join('\n');
}
