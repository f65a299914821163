/** HTML that cannot be broken by the texts that it shows: a value is escaped unless it is HTML already. */

/** A piece of HTML, made by `html` or `raw` alone. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What a template takes: nothing is shown of null, undefined and false. */
export type Shown = string | number | bigint | Html | null | undefined | false | readonly Shown[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Characters that HTML has no way to write, and halves of characters, which no file in UTF-8 can hold. */
const UNWRITABLE = /[^\P{Control}\t\n\r]|[\ufffe\uffff]|\p{Surrogate}/gu;

/** The text as HTML that shows it, between tags and in quoted attributes. */
export const escaped = (text: string): string =>
  text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"'`]/g, (c) => ENTITIES[c]);

function shownText(value: Shown): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(shownText).join('') : escaped(String(value));
}

/**
 * A tagged template: what stands in it is HTML, what is put into it is text, or Html, or a list of both. Attributes have
 * to be quoted.
 *
 * @example
 * import { html } from './html.ts';
 *
 * html`<b title="${'"'}">${'1 < 2'}</b>`.text; // <b title="&quot;">1 &lt; 2</b>
 */
export const html = (strings: TemplateStringsArray, ...values: readonly Shown[]): Html =>
  new Html(strings.reduce((text, part, i) => text + shownText(values[i - 1]) + part));

/** Text that is HTML already, and is trusted. */
export const raw = (text: string): Html => new Html(text);
