import { MACRO_TEXT } from './mathruler/latex-symbols.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const VULGAR: Readonly<Record<string, string>> = {
  '½': '(1/2)',
  '⅓': '(1/3)',
  '⅔': '(2/3)',
  '¼': '(1/4)',
  '¾': '(3/4)',
  '⅕': '(1/5)',
  '⅖': '(2/5)',
  '⅗': '(3/5)',
  '⅘': '(4/5)',
  '⅙': '(1/6)',
  '⅚': '(5/6)',
  '⅛': '(1/8)',
  '⅜': '(3/8)',
  '⅝': '(5/8)',
  '⅞': '(7/8)',
};

const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/[\u2212\u2010-\u2015\ufe63\uff0d]/g, '-'],
  [/[×·⋅∙∗]/g, '*'],
  [/[÷∕⁄]/g, '/'],
  [/π/g, ' pi '],
  [/∞/g, 'inf'],
  [/[≤⩽]/g, '<='],
  [/[≥⩾]/g, '>='],
  [/[°∘]/g, ''],
  [/[（]/g, '('],
  [/[）]/g, ')'],
  [/[，]/g, ','],
  [/[＝]/g, '='],
  [/[\u200b-\u200f\u2060\ufeff]/g, ''],
];

/** Macros that only set type: what follows is read as if they were not there. */
const IGNORED = new Set(
  'left right displaystyle textstyle text textbf textit textrm mathrm mathbf mathit mathsf boldsymbol mbox big Big bigg Bigg bigl bigr operatorname limits circ degree'.split(
    ' ',
  ),
);
const SPACES = new Set([',', ';', ':', ' ', '!', 'quad', 'qquad']);
const DEEPEST = 60;

/**
 * LaTeX or Unicode mathematics in the calculator's way of writing: `\frac{x+1}{2}` as `((x+1)/(2))`, `\sqrt[3]{8}` as
 * `((8)^(1/3))`, `2\frac{1}{2}` as `(2+(1/2))`, `x²` as `x^(2)`. Unlike the reading that MathRuler uses, grouping is kept.
 */
export function plainMath(text: string): string {
  let s = text.replace(/\\[dtc]frac/g, '\\frac').replace(/\{,\}|,\\!\s*/g, ',');
  s = s.replace(/(\d)(?:\\,|\\ |~|\u202f|\u2009|\u00a0| )(?=\d{3}(?!\d))/g, '$1');
  s = s.replaceAll('\\$', '').replaceAll('$', '').replaceAll('\\%', '%');
  s = s.replace(/[½⅓⅔¼¾⅕-⅚⅛-⅞]/g, (c) => VULGAR[c] ?? c);
  s = s.replace(/[⁰¹²³⁴-⁹]+/g, (run) => `^(${[...run].map((c) => SUPERSCRIPTS.indexOf(c)).join('')})`);
  s = s.replace(/\^\s*(\{\s*\\circ\s*\}|\\circ)/g, '');
  // A whole number before a fraction of two whole numbers is a mixed number.
  s = s.replace(/(^|[^\d.^_}])(\d+)\s*\\frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}/g, '$1($2+($3/$4))');
  s = s.replace(/(^|[^\d.^_}])(\d+)\s*\\frac\s*(\d)(\d)(?!\d)/g, '$1($2+($3/$4))');
  s = s.replace(/(^|[^\d./])(\d+)\s+(\d+)\s*\/\s*(\d+)(?![\d.])/g, '$1($2+($3/$4))');
  s = s.replace(/(^|[^\d.])(\d+)(\(\d\/\d\))/g, '$1($2+$3)');
  s = new Writer(s).write('');
  for (const [pattern, replacement] of OPERATORS) s = s.replace(pattern, replacement);
  s = s.replace(/∛\s*(\d+|[a-z])/g, '(($1)^(1/3))').replace(/√\s*(\d+(?:\.\d+)?|[a-z])/g, 'sqrt($1)');
  return s.replaceAll('√', 'sqrt').trim();
}

class Writer {
  readonly s: string;
  pos = 0;
  depth = 0;

  constructor(s: string) {
    this.s = s;
  }

  /** Everything up to the closing character, which is passed over. */
  write(close: string): string {
    const out: string[] = [];
    if (++this.depth > DEEPEST) {
      out.push(this.s.slice(this.pos));
      this.pos = this.s.length;
    }
    while (this.pos < this.s.length) {
      const c = this.s[this.pos++];
      if (c === close) break;
      if (c === '{') out.push(this.write('}'));
      else if (c === '\\') out.push(this.macro());
      else if (c === '^' || c === '_') out.push(this.script(c));
      else if (c !== '}') out.push(c);
    }
    this.depth--;
    return out.join('');
  }

  script(mark: string): string {
    this.space();
    if (this.s[this.pos] !== '{') return mark;
    this.pos++;
    const inner = this.write('}');
    if (mark === '^') return `^(${inner})`;
    return /^\w$/.test(inner) ? `_${inner}` : `_(${inner})`;
  }

  space(): void {
    while (this.s[this.pos] === ' ') this.pos++;
  }

  /** A group in braces, or the next character or macro. */
  argument(): string {
    this.space();
    const c = this.s[this.pos++] ?? '';
    if (c === '{') return this.write('}');
    return c === '\\' ? this.macro() : c;
  }

  macro(): string {
    NAME.lastIndex = this.pos;
    const name = NAME.exec(this.s)?.[0] ?? '';
    this.pos += name.length;
    if (name === 'frac') return `((${this.argument()})/(${this.argument()}))`;
    if (name === 'sqrt') {
      this.space();
      let index = '2';
      if (this.s[this.pos] === '[') {
        this.pos++;
        index = this.write(']');
      }
      const radicand = this.argument();
      return index === '2' ? ` sqrt(${radicand})` : `((${radicand})^(1/(${index})))`;
    }
    if (IGNORED.has(name)) return ' ';
    if (SPACES.has(name)) return ' ';
    if (name === 'infty') return ' inf ';
    if (name === '{' || name === '}') return name;
    return MACRO_TEXT.get(name) ?? ` ${name} `;
  }
}

const NAME = /[A-Za-z]+|[\s\S]/uy;
