import {
  ACCENTS,
  ALPHABET_HOLES,
  ALPHABETS,
  MACRO_ARGUMENTS,
  MACRO_FORMAT,
  MACRO_TEXT,
} from './latex-symbols.ts';
import { isSpace, stripSpace } from './python.ts';

const NAME = /\p{L}+|[\s\S]/uy;

type Node =
  | { kind: 'chars'; text: string }
  | { kind: 'group' | 'math' | 'display'; nodes: Node[] }
  | { kind: 'special'; text: string }
  | { kind: 'environment'; name: string; nodes: Node[] }
  | { kind: 'macro'; name: string; args: (Node | null)[] | undefined; space: string };

/** `before` is the white space in front, `after` that behind a macro's name. */
type Token = { kind: string; text: string; end: number; before: string; after: string };

/** What ends a list of nodes; the opening bracket counts as a brace inside a group in brackets. */
type Stop = { close?: '}' | ']'; environment?: string; math?: string };

const SPECIALS: readonly (readonly [string, string])[] = [
  ['---', '—'],
  ['--', '–'],
  ['``', '“'],
  ["''", '”'],
  ['!`', '¡'],
  ['?`', '¿'],
  ['&', '   '],
  ['~', '\u00a0'],
];

const MATRICES = new Set(['array', 'pmatrix', 'bmatrix', 'smallmatrix', 'psmallmatrix', 'bsmallmatrix']);
const EQUATIONS = /^(equation|eqnarray|align|multline|gather|dmath)\*?$/;
const ENVIRONMENT_ARGUMENTS: Readonly<Record<string, string>> = {
  array: '[{',
  tabular: '{',
  'tabular*': '{{',
  tabularx: '{[{',
  alignat: '{',
  'alignat*': '{',
  enumerate: '[',
  itemize: '[',
  description: '[',
};

/** LaTeX longer than this, or that turns into a longer text (accents on accents double it), is not read. */
const LONGEST = 20_000;

/** Accents on accents double the text; one longer than this gets no further. */
const LONGEST_ACCENTED = 2_000;

/** Nesting beyond this made the original run out of stack, upon which it left the answer as it was. */
const DEEPEST = 320;
const DEPTH_OF_GROUP = 1;
const DEPTH_OF_ARGUMENT = 2;

/**
 * A macro whose arguments are unfinished is read again without them, one within another twice as often: more readings of
 * a character than this are no answer.
 */
const READINGS = 5;

class Unreadable extends Error {}

/**
 * LaTeX as plain text: `\frac{1}{2}` as `1/2`, `\sqrt{2}` as `√(2)`, `\alpha` as α, unknown macros dropped, matrices
 * as `[ 1 2; 3 4 ]`. Lenient: stray braces and unfinished arguments are read as well as possible. `undefined` where
 * the original (pylatexenc 2.10 `LatexNodes2Text().latex_to_text`) raises an error.
 */
export function latexToText(latex: string): string | undefined {
  if (latex.length > LONGEST) return undefined;
  try {
    return render(new Reader(latex).nodes({}), false);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Reader {
  readonly s: string;
  pos = 0;
  depth = 0;
  /** Tokens that may still be read. */
  left: number;

  constructor(s: string) {
    this.s = s;
    this.left = READINGS * s.length + 100;
  }

  /** The next token from `pos`; of kind `none` at the end. */
  token(brackets: boolean, environments = true): Token {
    const { s } = this;
    if (this.left-- === 0) throw new Unreadable();
    let pos = this.pos;
    while (pos < s.length && isSpace(s[pos])) pos++;
    const before = s.slice(this.pos, pos);
    const make = (kind: string, text: string, end: number, after = ''): Token => ({
      kind,
      text,
      end,
      before,
      after,
    });
    if (pos >= s.length) return make('none', '', pos);
    const c = s[pos];
    if (c === '\\') {
      if (pos + 1 >= s.length) return { ...make('none', '', pos), before: '' };
      NAME.lastIndex = pos + 1;
      const name = NAME.exec(s)![0];
      let end = pos + 1 + name.length;
      if (name === '(' || name === '[' || name === ')' || name === ']') return make('math', c + name, end);
      if (environments && (name === 'begin' || name === 'end')) {
        const match = /^\s*\{([\p{L}\p{N}_* .-]+)\}/u.exec(s.slice(end, end + 80));
        if (!match) return make('char', c + name, end);
        return make(name, match[1], end + match[0].length);
      }
      const from = end;
      // An empty line begins a paragraph and does not belong to the macro.
      const inName = () =>
        end < s.length && isSpace(s[end]) && !(end > from && s.startsWith('\n\n', end - 1));
      if (/^\p{L}/u.test(name)) while (inName()) end++;
      if (end > from && s.startsWith('\n\n', end - 1)) end--;
      return make('macro', name, end, s.slice(from, end));
    }
    if (c === '{' || (brackets && c === '[')) return make('open', c, pos + 1);
    if (c === '}' || (brackets && c === ']')) return make('close', c, pos + 1);
    const special = SPECIALS.find(([text]) => s.startsWith(text, pos));
    if (special) return make('special', special[1], pos + special[0].length);
    return make('char', c, pos + 1);
  }

  nodes(stop: Stop): Node[] {
    const brackets = stop.close === ']';
    const out: Node[] = [];
    const chars: string[] = [];
    const flush = (space: string) => {
      if (space !== '') chars.push(space);
      if (chars.length > 0) out.push({ kind: 'chars', text: chars.splice(0).join('') });
    };
    for (;;) {
      const token = this.token(brackets);
      if (token.kind === 'none') {
        this.pos = this.s.length;
        flush(token.before);
        return out;
      }
      this.pos = token.end;
      if (token.kind === 'char') {
        chars.push(token.before, token.text);
        continue;
      }
      flush(token.before);
      // A closing mark that fits nothing open is passed over.
      if (token.kind === 'close') {
        if (token.text === stop.close) return out;
      } else if (token.kind === 'end') {
        if (token.text === stop.environment) return out;
      } else if (token.kind === 'math') {
        if (token.text === stop.math) return out;
        if (token.text === '\\(') out.push({ kind: 'math', nodes: this.inside({ math: '\\)' }, 1) });
        else if (token.text === '\\[') out.push({ kind: 'display', nodes: this.inside({ math: '\\]' }, 1) });
      } else if (token.kind === 'open') {
        out.push(this.group(token.text));
      } else if (token.kind === 'begin') {
        this.args(ENVIRONMENT_ARGUMENTS[token.text] ?? '', false);
        const nodes = this.inside({ environment: token.text }, DEPTH_OF_GROUP);
        out.push({ kind: 'environment', name: token.text, nodes });
      } else if (token.kind === 'special') {
        out.push({ kind: 'special', text: token.text });
      } else {
        const args = this.args(MACRO_ARGUMENTS.get(token.text) ?? '', token.text === '\\');
        out.push({ kind: 'macro', name: token.text, args, space: token.after });
      }
    }
  }

  inside(stop: Stop, depth: number): Node[] {
    this.depth += depth;
    if (this.depth > DEEPEST) throw new Unreadable();
    const nodes = this.nodes(stop);
    this.depth -= depth;
    return nodes;
  }

  group(open: string): Node {
    return { kind: 'group', nodes: this.inside({ close: open === '{' ? '}' : ']' }, DEPTH_OF_GROUP) };
  }

  /** The arguments after a macro; `undefined`, with nothing read, where the text ends before a needed one. */
  args(spec: string, bracketFollowsAtOnce: boolean): (Node | null)[] | undefined {
    const out: (Node | null)[] = [];
    const start = this.pos;
    for (const kind of spec) {
      if (kind === '[') {
        const token = this.token(true, false);
        const apart = bracketFollowsAtOnce && this.pos < this.s.length && isSpace(this.s[this.pos]);
        if (token.kind !== 'open' || token.text !== '[' || apart) {
          out.push(null);
          continue;
        }
        this.pos = token.end;
        out.push(this.group('['));
        continue;
      }
      const token = this.token(false, kind === '*');
      if (token.kind === 'none') {
        this.pos = start;
        return undefined;
      }
      if (kind === '*') {
        const star = token.kind === 'char' && token.text === '*';
        if (star) this.pos = token.end;
        out.push(star ? { kind: 'chars', text: '*' } : null);
        continue;
      }
      out.push(this.argument(token));
    }
    return out;
  }

  /** A group, or the single token that stands for one (a macro then goes without its own arguments). */
  argument(token: Token): Node {
    if (token.kind === 'close' || (token.kind === 'macro' && token.text === 'end')) {
      return { kind: 'chars', text: '' };
    }
    this.pos = token.end;
    if (token.kind === 'open') {
      this.depth += DEPTH_OF_ARGUMENT - DEPTH_OF_GROUP;
      const group = this.group('{');
      this.depth -= DEPTH_OF_ARGUMENT - DEPTH_OF_GROUP;
      return group;
    }
    if (token.kind === 'special') return { kind: 'special', text: token.text };
    if (token.kind === 'char') return { kind: 'chars', text: token.text };
    return { kind: 'macro', name: token.text, args: undefined, space: token.after };
  }
}

/** In mathematics, white space between constructs is dropped and the space after a macro kept; in text the reverse. */
function render(nodes: readonly Node[], math: boolean): string {
  const out: string[] = [];
  let spaceAfterMacro = '';
  for (const node of nodes) {
    if (node.kind === 'chars') {
      if (math) out.push(spaceAfterMacro);
      if (!math || stripSpace(node.text) !== '') out.push(node.text);
    } else out.push(renderNode(node, math));
    const bare = node.kind === 'macro' && !node.args?.some((arg) => arg !== null);
    spaceAfterMacro = bare ? node.space : '';
  }
  return out.join('');
}

function renderNode(node: Node, math: boolean): string {
  switch (node.kind) {
    case 'chars':
      return math && stripSpace(node.text) === '' ? '' : node.text;
    case 'special':
      return node.text;
    case 'group':
      return render(node.nodes, math);
    case 'math':
      return stripSpace(render(node.nodes, true));
    case 'display':
      return indented(stripSpace(render(node.nodes, true)));
    case 'environment':
      return renderEnvironment(node.name, node.nodes, math);
    case 'macro':
      return renderMacro(node.name, node.args, math);
  }
}

const indented = (text: string): string => `\n    ${text.replaceAll('\n', '\n    ')}\n`;

function renderEnvironment(name: string, nodes: Node[], math: boolean): string {
  if (MATRICES.has(name)) return renderMatrix(nodes, math);
  if (EQUATIONS.test(name)) return indented(stripSpace(render(nodes, true)));
  return render(nodes, math);
}

function renderMatrix(nodes: readonly Node[], math: boolean): string {
  const rows: string[][] = [[]];
  let cell: Node[] = [];
  const endCell = () => {
    if (cell.length > 0) rows.at(-1)!.push(stripSpace(render(cell, math)));
    cell = [];
  };
  for (const node of nodes) {
    if (node.kind === 'special' && node.text === '   ') endCell();
    else if (node.kind === 'macro' && node.name === '\\') {
      endCell();
      rows.push([]);
    } else cell.push(node);
  }
  endCell();
  const cells = rows.flat();
  if (cells.length === 0) throw new Unreadable();
  const width = cells.reduce((most, text) => Math.max(most, [...text].length), 0);
  // Every cell is padded to the widest, which a hostile answer could use to fill the memory.
  if (width * cells.length > 10 * LONGEST) throw new Unreadable();
  const line = (row: string[]) => row.map((text) => ' '.repeat(width - [...text].length) + text).join(' ');
  return `[ ${rows.map(line).join('; ')} ]`;
}

function renderMacro(name: string, args: (Node | null)[] | undefined, math: boolean): string {
  const text = (arg: Node | null | undefined) =>
    !arg ? '' : arg.kind === 'group' ? render(arg.nodes, math) : renderNode(arg, math);
  const format = MACRO_FORMAT.get(name);
  if (format !== undefined) {
    if (args) return format.replace(/#(\d)/g, (_, i: string) => text(args[Number(i) - 1]));
    if (format === '#1' && /^(emph|mathrm|text)/.test(name)) return '';
    // Without arguments the original falls over a format with numbers, and writes the bare format otherwise.
    if (/^(√|#[35]|\[#2)/.test(format)) throw new Unreadable();
    return format.replace(/#\d/g, '%s');
  }
  const combining = ACCENTS.get(name);
  if (combining !== undefined) {
    const base = args ? stripSpace(text(args[0])) : ' ';
    if (base.length > LONGEST_ACCENTED) throw new Unreadable();
    const dotted = [...base].map((c) => (c === 'ı' ? 'i' : c === 'ȷ' ? 'j' : c));
    return dotted.map((c) => (c + combining).normalize('NFC')).join('');
  }
  if (name in ALPHABETS) return [...text(args?.[0])].map((c) => inAlphabet(name, c)).join('');
  if (name === '%') return '%';
  if (name === 'item') return args?.[0] ? `\n  ${text(args[0])}` : '\n  * ';
  return MACRO_TEXT.get(name) ?? '';
}

function inAlphabet(name: string, char: string): string {
  const special = ALPHABET_HOLES[name]?.[char];
  if (special !== undefined) return special;
  const [capitals, smalls] = ALPHABETS[name];
  if (/^[A-Z]$/.test(char)) return String.fromCodePoint(capitals + char.charCodeAt(0) - 65);
  if (/^[a-z]$/.test(char)) return String.fromCodePoint(smalls + char.charCodeAt(0) - 97);
  return char;
}
