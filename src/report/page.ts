/** One whole HTML file: it needs nothing beside it, runs no script but a form's own, and is read in the light, in the dark and on paper. */
import { createHash } from 'node:crypto';
import { type Html, html, raw } from './html.ts';
import { STYLE } from './style.ts';

export interface Section {
  heading: string;
  body: Html;
}

export interface Page {
  title: string;
  subtitle?: Html | string;
  sections: readonly Section[];
  /** The one script that may run, where the page is a form; none unless told. */
  script?: string;
}

/** From how many sections on a reader is shown what there is. */
const MANY = 4;

/** Names for the headings that a link can hold, each once. */
function anchors(headings: readonly string[]): string[] {
  const used = new Set<string>();
  return headings.map((heading) => {
    const plain = heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
    let name = plain || 'section';
    for (let i = 2; used.has(name); i++) name = `${plain || 'section'}-${i}`;
    used.add(name);
    return name;
  });
}

/**
 * The text of the file. Classes that a body may use: `note` and `muted` (small print), `warning`, `good`, `bad`, `right`,
 * `wrong`, `facts` (a `<dl>` of settings), `card` (a picture beside a text).
 */
export function page({ title, subtitle, sections, script }: Page): string {
  const names = anchors(sections.map(({ heading }) => heading));
  const contents =
    sections.length >= MANY
      ? html`<nav aria-label="Contents"><ul>${sections.map(({ heading }, i) => html`<li><a href="#${names[i]}">${heading}</a></li>`)}</ul></nav>\n`
      : null;
  const digest = script === undefined ? '' : createHash('sha256').update(script).digest('base64');
  const runs = script === undefined ? '' : ` script-src 'sha256-${digest}';`;
  // The policy keeps the promise that nothing is fetched and nothing runs, whatever a body holds.
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline';${raw(runs)}">
<meta name="generator" content="papo">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${subtitle === undefined ? null : html`<p class="subtitle">${subtitle}</p>\n`}${contents}</header>
<main>
${sections.map(
  ({ heading, body }, i) =>
    html`<section id="${names[i]}">\n${heading === '' ? null : html`<h2>${heading}</h2>\n`}${body}\n</section>\n`,
)}</main>
${script === undefined ? null : html`<script>${raw(script)}</script>\n`}</body>
</html>
`.text;
}
