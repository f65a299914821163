/** The text of a response while its tokens come. */

/**
 * What each token adds to the text; a character goes to the token that completes it, so that the pieces are the text.
 * @param decode the text of token ids
 */
export class TextSoFar {
  private readonly decode: (ids: Int32Array) => string;
  private ids: number[] = [];
  private told = '';

  constructor(decode: (ids: Int32Array) => string) {
    this.decode = decode;
  }

  /** What is new with these tokens. */
  add(tokens: ArrayLike<number>): string {
    this.ids.push(...Array.from(tokens));
    const text = this.decode(Int32Array.from(this.ids));
    return this.upTo(text.replace(/\ufffd+$/, ''));
  }

  /** What was held back at the end: a half character stays one. */
  rest(): string {
    return this.upTo(this.decode(Int32Array.from(this.ids)));
  }

  private upTo(text: string): string {
    const fresh = text.slice(this.told.length);
    if (fresh !== '') this.told = text;
    return fresh;
  }
}

/** What each token adds to the text, [T]. */
export function piecesOf(tokens_T: Int32Array, decode: (ids: Int32Array) => string): string[] {
  const text = new TextSoFar(decode);
  const pieces = Array.from(tokens_T, (token) => text.add([token]));
  if (pieces.length > 0) pieces[pieces.length - 1] += text.rest();
  return pieces;
}

/** For a terminal and a page: lines stay lines, what would steer either is shown as what it is. */
export const printable = (text: string): string =>
  text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
