import { stripVTControlCharacters } from 'node:util';

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** East Asian wide and full-width characters (UAX 11), and emoji that are shown as pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const WITHOUT_WIDTH = /^[\p{Mark}\p{Control}\p{Format}]+$/u;
const PLAIN = /^[\u0020-\u007e\u00a1-\u02ff]*$/;

const graphemeWidth = (text: string) => (WITHOUT_WIDTH.test(text) ? 0 : WIDE.test(text) ? 2 : 1);

/** Columns that a text takes in a terminal: its colours take none, a Chinese character takes two. */
export function visibleWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(stripVTControlCharacters(text)))
    width += graphemeWidth(segment);
  return width;
}

/** The text in at most `most` columns; one that is longer ends with `…` and loses its colours. */
export function shortened(text: string, most: number): string {
  if (visibleWidth(text) <= most) return text;
  let out = '';
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(stripVTControlCharacters(text))) {
    width += graphemeWidth(segment);
    if (width > most - 1) break;
    out += segment;
  }
  return most < 1 ? '' : `${out}…`;
}
