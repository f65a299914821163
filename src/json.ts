/**
 * JSON files that someone else wrote, read through zod schemas: every complaint names the file, the key, what it is and
 * what was expected, and no number is believed that no model has. An error message of a schema here is what was expected,
 * as it follows "expected"; a key that is null counts as missing.
 */
import { z } from 'zod';
import { CheckpointError } from './errors.ts';
import { grouped, shown } from './reading.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A whole number from 1 to `most`. */
export function count(most: number) {
  const words = `a whole number from 1 to ${grouped(most)}`;
  return z.int(words).min(1, words).max(most, words);
}

/** A number above 0 and at most `most`. */
export function positive(most: number) {
  const words = `a number above 0, at most ${most}`;
  return z.number(words).gt(0, words).max(most, words);
}

/** A count, or a list that says the same one for each side. */
export function square(most: number) {
  const words = `a whole number from 1 to ${grouped(most)}, or that number for each side`;
  const isGood = (n: unknown): n is number => Number.isInteger(n) && Number(n) >= 1 && Number(n) <= most;
  const isSquare = (value: unknown) =>
    isGood(value) ||
    (Array.isArray(value) && value.length <= 3 && isGood(value[0]) && value.every((n) => n === value[0]));
  return z.custom<number | number[]>(isSquare, words).transform((value) => [value].flat()[0] as number);
}

/** As many entries of a list are read at most. */
const LIST = 10_000;

const isId = (n: unknown): n is number => Number.isSafeInteger(n) && Number(n) >= 0;
const isIds = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= LIST && value.every(isId);

/** Whole numbers from 0 on. */
export const integers = () => z.custom<number[]>(isIds, 'a list of integers');

export const threeIntegers = () =>
  z.custom<[number, number, number]>((value) => isIds(value) && value.length === 3, 'a list of 3 integers');

export const tokenId = () => z.custom<number>(isId, 'a token id');

/** One token id or a list of them; none where the key is missing. */
export const tokenIds = () =>
  z
    .custom<number | number[]>((value) => isId(value) || isIds(value), 'a token id, or a list of them')
    .nullish()
    .transform((ids) => (ids == null ? [] : [ids].flat()));

/** What stands in for a key that is missing or null. */
export const or = <T>(schema: z.ZodType<T>, otherwise: NoInfer<T>) =>
  schema.nullish().transform((value): T => value ?? otherwise);

/** A key that must be missing, null or this value: others are settings that are not carried out here. */
export const only = <T extends string | number | boolean>(value: T, words = JSON.stringify(value)) =>
  z.literal(value, words).nullish();

export const flag = () => or(z.boolean('true or false'), false);

/** @throws CheckpointError that a key of a file is something else than expected */
export function wrong(file: string, json: unknown, path: readonly PropertyKey[], expected: string): never {
  const name = `"${path.map(String).join('.')}"`;
  let found = json;
  // What objects inherit is no part of a file.
  for (const key of path)
    found = isObject(found) && Object.hasOwn(found, key) ? found[String(key)] : undefined;
  const is = found === undefined || found === null ? 'is missing' : `is ${shown(found)}`;
  throw new CheckpointError(`${file}: ${name} ${is}; expected ${expected}`);
}

/**
 * The contents of a JSON file, checked.
 * @param path where in the file's own keys the schema begins: it is that part which is read
 * @throws CheckpointError naming the file and the first key that is not as the schema has it
 */
export function parseJson<T>(
  schema: z.ZodType<T>,
  json: unknown,
  file: string,
  path: readonly string[] = [],
): T {
  let part = json;
  for (const key of path) part = isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined;
  if (!isObject(part)) {
    const what = path.length === 0 ? 'the file' : `"${path.join('.')}"`;
    throw new CheckpointError(
      `${file}: ${what} must hold a JSON object; take the file from the model's hub page`,
    );
  }
  const read = schema.safeParse(part);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  wrong(file, json, [...path, ...issue.path], issue.message);
}
