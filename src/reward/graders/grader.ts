import type { z } from 'zod';

/** What a response is scored by. */
export interface Subject {
  /** What stands in its last box, `NO_ANSWER` where there is none. */
  given: string;
  /** The reference. */
  truth: string;
  /** The response with tidy tags: of one of over 50,000 characters the beginning and the end. */
  response: string;
  /** Characters of the whole response. */
  characters: number;
  /** Tokens of the response, the one that ends it included, where they are known. */
  tokens?: number;
}

/** One way to score a response: a file of this folder, and a line in index.ts. */
export interface Grader<
  Name extends string = string,
  Judges extends 'answer' | 'response' = 'answer' | 'response',
  Settings extends z.ZodRawShape = z.ZodRawShape,
> {
  /** What settings call it. */
  readonly name: Name;
  /** What docs and help say of it, after the name. */
  readonly description: string;
  /** `answer`: whether the boxed answer is right, so that it may be the run's accuracy. `response`: something else. */
  readonly judges: Judges;
  /** Its settings beside `kind` and `weight`, each with its words. */
  readonly settings: Settings;
  /**
   * From 0 to 1; null where it cannot be scored, as the grader cannot read the reference. An answer that it cannot read
   * is wrong, which is 0. Bounded in time whatever the texts, never throws.
   */
  score(subject: Subject, settings: z.output<z.ZodObject<Settings>>): number | null;
}

/** Keeps the types of a grader's name and settings. */
export const grader = <
  const Name extends string,
  Judges extends 'answer' | 'response',
  Settings extends z.ZodRawShape,
>(
  member: Grader<Name, Judges, Settings>,
): Grader<Name, Judges, Settings> => member;
