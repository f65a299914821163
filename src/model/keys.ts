/** Typed access to the keys of a JSON file; every complaint names the file and the key, and no number is absurd. */
import { CheckpointError } from '../errors.ts';
import { grouped, shown } from '../reading.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export class Keys {
  readonly json: JsonObject;
  readonly file: string;
  readonly prefix: string;

  constructor(json: Json | undefined, file: string, prefix = '') {
    if (json === null || typeof json !== 'object' || Array.isArray(json)) {
      const what = prefix === '' ? 'the file' : `"${prefix.slice(0, -1)}"`;
      throw new CheckpointError(
        `${file}: ${what} must hold a JSON object; take the file from the model's hub page`,
      );
    }
    this.json = json;
    this.file = file;
    this.prefix = prefix;
  }

  at(key: string): Keys {
    return new Keys(this.get(key), this.file, `${this.prefix}${key}.`);
  }

  /** The value of an own key: a file cannot reach what objects inherit. */
  get(key: string): Json | undefined {
    return Object.hasOwn(this.json, key) ? this.json[key] : undefined;
  }

  has(key: string): boolean {
    const value = this.get(key);
    return value !== undefined && value !== null;
  }

  fail(key: string, expected: string): never {
    const found = this.has(key) ? `is ${shown(this.get(key))}` : 'is missing';
    throw new CheckpointError(`${this.file}: "${this.prefix}${key}" ${found}; expected ${expected}`);
  }

  /** A whole number from 1 to `most`. */
  count(key: string, most: number, or?: number): number {
    const value = this.has(key) ? this.get(key) : or;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most)
      this.fail(key, `a whole number from 1 to ${grouped(most)}`);
    return value;
  }

  /** The same, or a list that says it for each side. */
  square(key: string, most: number, or: number): number {
    const value = this.get(key);
    if (!Array.isArray(value)) return this.count(key, most, or);
    const [side, ...others] = this.integers(key);
    if (side === undefined || side < 1 || side > most || others.some((other) => other !== side))
      this.fail(key, `a whole number from 1 to ${grouped(most)}, or that number for each side`);
    return side;
  }

  id(key: string): number {
    const value = this.get(key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) this.fail(key, 'a token id');
    return value;
  }

  /** A number above 0 and at most `most`. */
  positive(key: string, most: number, or?: number): number {
    const value = this.has(key) ? this.get(key) : or;
    if (typeof value !== 'number' || !(value > 0 && value <= most))
      this.fail(key, `a number above 0, at most ${most}`);
    return value;
  }

  flag(key: string): boolean {
    return this.get(key) === true;
  }

  /** Whole numbers from 0 on: `length` of them where that is given, else at most 10,000. */
  integers(key: string, length?: number): number[] {
    const value = this.get(key);
    const good =
      Array.isArray(value) &&
      value.length <= 10_000 &&
      value.every((x) => Number.isSafeInteger(x) && Number(x) >= 0);
    if (!good || (length !== undefined && value.length !== length))
      this.fail(key, length === undefined ? 'a list of integers' : `a list of ${length} integers`);
    return value.map(Number);
  }

  /** One token id or a list of them; empty where the key is absent. */
  ids(key: string): number[] {
    if (!this.has(key)) return [];
    return Array.isArray(this.get(key)) ? this.integers(key) : [this.id(key)];
  }
}
