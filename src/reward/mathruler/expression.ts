/** What an answer looks like to the algebra: numbers stay as they were written, since `0.5` and `1/2` follow other rules. */
export type Expression =
  | { kind: 'number'; text: string }
  | { kind: 'symbol'; name: string }
  | { kind: 'constant'; name: 'pi' | 'i' }
  | { kind: 'sum'; terms: { negative: boolean; value: Expression }[] }
  | { kind: 'product'; factors: { operator: '*' | '/' | '//'; value: Expression }[] }
  | { kind: 'power'; base: Expression; exponent: Expression }
  | { kind: 'negative'; value: Expression }
  | { kind: 'call'; name: string; argument: Expression };

type Token =
  | { kind: 'number' | 'symbol' | 'pi' | 'i'; text: string; called?: boolean }
  | { kind: 'function' | 'operator' | 'line'; text: string };

/** The answer is not an expression, or one that the original fails on; either way it equals nothing. */
export class NotAnExpression extends Error {}

/** Python's tokenizer allows 200 open brackets; the difference that is parsed adds one. */
const DEEPEST = 199;
const MOST_TOKENS = 8_000;

// Python's `tokenize`: a number wins over a name, and `012` is the numbers 0 and 12.
const DIGITS = '[0-9](?:_?[0-9])*';
const EXPONENT = `[eE][-+]?${DIGITS}`;
const FLOAT = `(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:${EXPONENT})?|${DIGITS}${EXPONENT}`;
const INTEGER = '0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?0)*|[1-9](?:_?[0-9])*';
const TOKEN = new RegExp(
  `([ \\t\\f]+)|(\\r?\\n)|((?:${DIGITS}|${FLOAT})[jJ]|${FLOAT}|${INTEGER})|([\\p{L}\\p{Nl}_][\\p{L}\\p{N}\\p{M}_]*)|(\\*\\*|//|!=|[-+*/()!,])`,
  'uy',
);

const KEYWORDS = new Set(['as', 'if', 'in', 'is', 'or', 'def', 'del', 'not', 'none', 'pass', 'and', 'for']);
/** Names of ours and of the original's that stand for functions; those that no case here computes equal nothing. */
const FUNCTIONS = new Set(['sqrt', 'ln', 'csc', 're', 'im', 'factorial', 'factorial2']);
const MORE_FUNCTIONS = new Set(['sin', 'cos', 'tan', 'log', 'exp', 'abs']);
const UNSUPPORTED = new Set([
  'rf',
  'ff',
  'gff',
  'frac',
  'li',
  'jn',
  'yn',
  'hn1',
  'hn2',
  'fft',
  'ntt',
  'fu',
  'eye',
]);
const UNDEFINED = new Set(['oo', 'zoo', 'nan', 'all', 'id']);
/** Greek letter names of at most two different letters: the longer ones never get here. */
const UNSPLIT = new Set(['mu', 'nu', 'xi']);

/**
 * Reads an expression as sympy's `parse_expr` does with implicit multiplication: `2x`, `x(x+1)`, `(a)(b)`; names
 * split into letters (`ab` is a times b) unless they hold an underscore; `n!`; `^` and `**` for powers.
 *
 * Source: sympy 1.14 sympy/parsing/sympy_parser.py (standard transformations and
 * `implicit_multiplication_application`) and Python 3.11's tokenizer.
 * @param functions whether `sin`, `cos`, `tan`, `log`, `exp` and `abs` are functions too
 * @throws NotAnExpression where the original fails or gives something that is not a number or an algebraic expression
 */
export function parseExpression(text: string, functions = false): Expression {
  return new Parser(multiply(factorials(tokenize(text.replaceAll('^', '**'), functions)))).whole();
}

function tokenize(text: string, functions: boolean): Token[] {
  const out: Token[] = [];
  let depth = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match || out.length > MOST_TOKENS) throw new NotAnExpression();
    const [, space, line, number, name, operator] = match;
    if (space !== undefined) continue;
    if (line !== undefined) out.push({ kind: 'line', text: '\n' });
    else if (number !== undefined) pushNumber(out, number);
    else if (name !== undefined) pushName(out, name, text[TOKEN.lastIndex] === '(', functions);
    else {
      if (operator === '(' && ++depth > DEEPEST) throw new NotAnExpression();
      if (operator === ')') depth--;
      out.push({ kind: 'operator', text: operator! });
    }
  }
  return out;
}

function pushNumber(out: Token[], text: string): void {
  if (!/[jJ]$/.test(text)) {
    out.push({ kind: 'number', text });
    return;
  }
  out.push({ kind: 'number', text: text.slice(0, -1) }, { kind: 'operator', text: '*' }, { kind: 'i', text });
}

function pushName(out: Token[], name: string, called: boolean, functions: boolean): void {
  if (functions && called && MORE_FUNCTIONS.has(name)) {
    out.push({ kind: 'function', text: name });
    return;
  }
  if (KEYWORDS.has(name) || UNDEFINED.has(name) || UNSUPPORTED.has(name)) throw new NotAnExpression();
  if (name === 'pi') out.push({ kind: 'pi', text: name });
  else if (FUNCTIONS.has(name) && !name.startsWith('fact')) out.push({ kind: 'function', text: name });
  else if ([...name].length === 1 || name.includes('_') || UNSPLIT.has(name)) {
    out.push({ kind: 'symbol', text: name, called });
  } else {
    for (const [part] of name.matchAll(/[0-9]+|[\s\S]/gu)) {
      // Digits of other scripts and superscripts make the original fail.
      if (/^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2089]/u.test(part) && !/^[0-9]/.test(part))
        throw new NotAnExpression();
      out.push({ kind: /^[0-9]/.test(part) ? 'number' : 'symbol', text: part });
    }
  }
}

const is = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'operator' && token.text === text;

/** `x!` as a call: the operand before the mark, with the function applied to it if there is one. */
function factorials(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (!is(tokens[i], '!')) {
      out.push(tokens[i]);
      continue;
    }
    let marks = 1;
    while (is(tokens[i + 1], '!')) {
      marks++;
      i++;
    }
    if (marks > 2) throw new NotAnExpression();
    let start = out.length - 1;
    if (start < 0 || (out[start].kind === 'operator' && out[start].text !== ')')) throw new NotAnExpression();
    if (is(out[start], ')')) {
      for (let open = 1; open > 0; ) {
        start--;
        if (start < 0) throw new NotAnExpression();
        if (is(out[start], ')')) open++;
        else if (is(out[start], '(')) open--;
      }
      const before = out[start - 1];
      if (before?.kind === 'function') start--;
      // The original takes `x` in `x(x+1)!` for a function and then cannot multiply it.
      else if (before?.kind === 'symbol' && before.called) throw new NotAnExpression();
    }
    const name: Token = { kind: 'function', text: marks === 1 ? 'factorial' : 'factorial2' };
    out.splice(start, 0, name, { kind: 'operator', text: '(' });
    out.push({ kind: 'operator', text: ')' });
    if (out.length > MOST_TOKENS) throw new NotAnExpression();
  }
  return out;
}

/** Puts `*` between operands that stand next to each other. */
function multiply(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  for (const token of tokens) {
    const last = out.at(-1);
    const ends =
      last && (last.kind === 'operator' ? last.text === ')' : !['function', 'line'].includes(last.kind));
    const starts = token.kind === 'operator' ? token.text === '(' : token.kind !== 'line';
    if (last?.kind === 'function' && !is(token, '(')) throw new NotAnExpression();
    if (ends && starts) out.push({ kind: 'operator', text: '*' });
    out.push(token);
  }
  return out;
}

class Parser {
  readonly tokens: Token[];
  pos = 0;
  depth = 0;

  constructor(tokens: Token[]) {
    // Between operators, a line break inside brackets is nothing; elsewhere no `*` was put beside it, so it fails.
    this.tokens = tokens.filter((token) => token.kind !== 'line');
  }

  whole(): Expression {
    const value = this.sum();
    if (this.pos < this.tokens.length) throw new NotAnExpression();
    return value;
  }

  accept(...operators: string[]): string | undefined {
    const token = this.tokens[this.pos];
    if (token?.kind !== 'operator' || !operators.includes(token.text)) return undefined;
    this.pos++;
    return token.text;
  }

  sum(): Expression {
    const terms = [{ negative: false, value: this.product() }];
    for (let sign = this.accept('+', '-'); sign; sign = this.accept('+', '-')) {
      terms.push({ negative: sign === '-', value: this.product() });
    }
    return terms.length === 1 ? terms[0].value : { kind: 'sum', terms };
  }

  product(): Expression {
    type Operator = '*' | '/' | '//';
    const factors: { operator: Operator; value: Expression }[] = [{ operator: '*', value: this.signed() }];
    for (let operator = this.accept('*', '/', '//'); operator; operator = this.accept('*', '/', '//')) {
      factors.push({ operator: operator as Operator, value: this.signed() });
    }
    return factors.length === 1 ? factors[0].value : { kind: 'product', factors };
  }

  /** Signs bind less tightly than the power that follows and more tightly than a product. */
  signed(): Expression {
    let negative = false;
    for (let sign = this.accept('+', '-'); sign; sign = this.accept('+', '-'))
      negative = negative !== (sign === '-');
    const value = this.power();
    return negative ? { kind: 'negative', value } : value;
  }

  power(): Expression {
    const base = this.atom();
    if (!this.accept('**')) return base;
    this.descend();
    const exponent = this.signed();
    this.depth--;
    return { kind: 'power', base, exponent };
  }

  atom(): Expression {
    const token = this.tokens[this.pos++];
    if (token?.kind === 'number') return { kind: 'number', text: token.text };
    if (token?.kind === 'symbol') return { kind: 'symbol', name: token.text };
    if (token?.kind === 'pi' || token?.kind === 'i') return { kind: 'constant', name: token.kind };
    const called = token?.kind === 'function';
    if (!is(called ? this.tokens[this.pos++] : token, '(')) throw new NotAnExpression();
    this.descend();
    const value = this.sum();
    this.depth--;
    // Python allows a comma after the last argument; without a function it would make a tuple.
    if (called) this.accept(',');
    if (!this.accept(')')) throw new NotAnExpression();
    return called ? { kind: 'call', name: token.text, argument: value } : value;
  }

  descend(): void {
    if (++this.depth > DEEPEST) throw new NotAnExpression();
  }
}
