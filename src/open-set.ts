/**
 * Open sets: kinds of a thing, each in a file of its own that says what it is called, what can be set of it, and what it
 * does. An index lists them; schemas, help and documentation are made from the list.
 */
import { z } from 'zod';

export interface Kind {
  readonly kind: string;
  /** A strict object with the literal `kind`; every key is described, as is the whole. */
  readonly settings: z.ZodObject<{ kind: z.ZodLiteral<string> }>;
}

type Settings<M extends readonly Kind[]> = z.output<M[number]['settings']>;
type Written<M extends readonly Kind[]> =
  | z.input<M[number]['settings']>
  | Omit<z.input<M[0]['settings']>, 'kind'>
  | M[number]['kind'];

/**
 * A block of settings that is of one of the kinds: `{ kind, … }`, or the bare name of a kind whose settings all have
 * defaults. A block without a kind is of the first one.
 */
export function kindSchema<const M extends readonly [Kind, ...Kind[]]>(
  members: M,
): z.ZodType<Settings<M>, Written<M>> {
  const [first, ...others] = members.map((m) => m.settings);
  const union = z.discriminatedUnion('kind', [first as M[0]['settings'], ...others]);
  const whole = (value: unknown) => {
    if (typeof value === 'string') return { kind: value };
    const block = typeof value === 'object' && value !== null && !Array.isArray(value);
    return block && !('kind' in value) ? { kind: members[0].kind, ...value } : value;
  };
  return z.preprocess(whole, union) as never;
}

/** The member of a kind. The schema has let no other name through. */
export function memberOf<M extends Kind>(members: readonly M[], { kind }: { kind: string }): M {
  const found = members.find((m) => m.kind === kind);
  if (!found)
    throw new TypeError(`${kind}: no such kind; there are ${members.map((m) => m.kind).join(', ')}`);
  return found;
}
