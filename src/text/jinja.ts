/** Jinja templates of others, rendered within a budget: a loop of 10^10 rounds ends as soon as it is seen to be one. */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';

/** A parsed template. */
export type TemplateProgram = object;

interface RuntimeValue {
  value: unknown;
}

// The package's own types are lost here: they import each other without file extensions.
const Scope = Environment as unknown as new () => { set(name: string, value: unknown): void };
const Runner = Interpreter as unknown as new (
  scope: object,
) => {
  evaluate(statement: unknown, scope: unknown): RuntimeValue;
  run(program: TemplateProgram): RuntimeValue;
};

/** Evaluated nodes of the template; a conversation with 1,000 pictures takes 20,000. */
const MOST_STEPS = 500_000;
/** Characters of one text, and so the largest number; entries of one list. */
const MOST_TEXT = 2 ** 22;
const MOST_LIST = 100_000;
/** Characters and entries of all texts and lists that are made on the way. */
const MOST_SUM = 2 ** 26;

/** The template asked for more than any conversation needs. */
export class OverBudget extends Error {}

class BoundedRunner extends Runner {
  #steps = 0;
  #sum = 0;

  override evaluate(statement: unknown, scope: unknown): RuntimeValue {
    if (++this.#steps > MOST_STEPS) throw new OverBudget(`it takes more than ${MOST_STEPS} steps`);
    const result = super.evaluate(statement, scope);
    const { value } = result;
    if (typeof value === 'number' && Math.abs(value) > MOST_TEXT)
      throw new OverBudget(`it computes with ${value}`);
    const isText = typeof value === 'string';
    if (isText || Array.isArray(value)) {
      if (value.length > (isText ? MOST_TEXT : MOST_LIST))
        throw new OverBudget(`it makes a ${isText ? 'text' : 'list'} of ${value.length}`);
      this.#sum += value.length;
      if (this.#sum > MOST_SUM) throw new OverBudget('it makes too much text');
    }
    return result;
  }
}

function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (!(length <= MOST_LIST)) throw new OverBudget(`it asks for a range of ${length}`);
  return Array.from({ length }, (_, i) => from + i * step);
}

/** @throws Error of any kind where the source is no Jinja */
export function parseTemplate(source: string): TemplateProgram {
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
}

/**
 * Renders with the globals that chat templates have in transformers, but for the date of today: with it no run could
 * be repeated.
 * @throws OverBudget, or Error of any kind where the template refuses
 */
export function renderTemplate(program: TemplateProgram, values: Record<string, unknown>): string {
  const scope = new Scope();
  const globals = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
    range,
    raise_exception(message: unknown) {
      throw new Error(String(message));
    },
    ...values,
  };
  for (const [name, value] of Object.entries(globals)) scope.set(name, value);
  return String(new BoundedRunner(scope).run(program).value);
}
