/** What a built-in task is: one file of this folder that exports one `Task`, and one line of index.ts. */
import type { Random } from '../../random.ts';
import type { Canvas, Size } from './shared/canvas.ts';
import type { Difficulty } from './shared/difficulty.ts';
import type { Entity } from './shared/names.ts';

/** What a picture holds; `kind` names the `SceneKind` that can draw it and tell it in words. */
export interface AnyScene extends Canvas {
  kind: string;
}

/** A question in machine-readable form, as `meta` of saved rows has it. */
export interface AnyQuestion {
  kind: string;
}

/** One step of a right solution. `perceive` is read off the picture, `compute` is arithmetic, `infer` is a conclusion. */
export interface Step {
  kind: 'perceive' | 'compute' | 'infer';
  /** As a response would state it (`red circles : 3`, `3 + 2 = 5`): a reading of the task's facts parses it. */
  text: string;
  value: string;
}

/**
 * What is asked for, drawn at random so that it cannot be known, and what is seen there, in turn: `red by rows`, `1 0 2 0`,
 * `:`, `3`.
 */
export type Statement = readonly (readonly [asked: string, seen: string])[];

/** A kind of picture. Tasks that ask about the same pictures share one. */
export interface SceneKind<S extends AnyScene = AnyScene> {
  readonly kind: S['kind'];
  /** What stands before the whole scene in words: `Grid`. */
  readonly title: string;
  /** The whole scene in words. */
  words(scene: S): string;
  /** One random true statement about the scene. */
  statement(rng: Random, scene: S): Statement;
  /** What makes two scenes the same for a learner: content and layout, not brightness, shifts or sizes by a pixel. */
  signature(scene: S): string;
  /** The picture without its background, as SVG on a canvas of `SIDE` x `SIDE` units. */
  svg(scene: S): string;
  /** How much there is of something that is named by colour, by shape or as a bar; undefined where the scene has no such thing. */
  amount?(scene: S, entity: Entity, bar: boolean): number | undefined;
}

/** Something that a response states and a program can check. */
export interface Fact {
  readonly kind: string;
}

/** Facts that are stated from one token on, and the token behind them; undefined where the tokens state none. */
export type Reading<F extends Fact = Fact> = (
  tokens: readonly string[],
  at: number,
) => { facts: F[]; next: number } | undefined;

/** What a fact is held against. */
export interface Asked {
  question: AnyQuestion;
  scene: AnyScene;
  sceneKind: SceneKind;
  steps: readonly Step[];
  /** What the response stated earlier, in order. */
  before: readonly Fact[];
}

export type About = 'picture' | 'arithmetic' | 'conclusion';

/** A kind of fact: how responses state it (with facts of other kinds beside it), and whether it is true. */
export interface FactKind<F extends Fact = Fact, Beside extends Fact = never> {
  readonly kind: F['kind'];
  /** What a false one is a fault of: of perception, of calculation, or of the conclusion that is drawn. */
  readonly about: About;
  /** At most one reading, of all kinds, matches at a place: the order of tasks is of no account. */
  readonly readings: readonly Reading<F | Beside>[];
  /** Where it depends on what was stated before: a total of rows that were read is worked out, not read. */
  aboutOf?(fact: F, asked: Asked): About;
  /** Undefined where the row does not settle it. */
  isTrue(fact: F, asked: Asked): boolean | undefined;
  /** The value at which reasoning that ends with this fact arrives, as it would be boxed. */
  arrivesAt(fact: F): string | undefined;
}

export type AnyFactKind = FactKind<Fact, Fact>;

/** A question with a scene in which it has one answer. */
export interface Made<Q extends AnyQuestion = AnyQuestion, S extends AnyScene = AnyScene> {
  question: Q;
  scene: S;
}

export interface Task<
  N extends string = string,
  Q extends AnyQuestion = AnyQuestion,
  S extends AnyScene = AnyScene,
> {
  readonly name: N;
  /** Whether the policies that come with papo were taught it; these are the tasks of a run that names none. */
  readonly taught: boolean;
  readonly scene: SceneKind<S>;
  /** What responses to it may state, beside arithmetic and conclusions. */
  readonly facts: readonly AnyFactKind[];
  /**
   * Draws the answer first and then a scene around it, so that each plausible answer is about equally frequent: text
   * alone says nothing. Undefined where a draw does not work out; it is then tried again.
   */
  make(rng: Random, size: Size, difficulty: Difficulty): Made<Q, S> | undefined;
  /** The question in words; a question has exactly one wording. */
  text(question: Q): string;
  /** The steps of a right solution, the value of the last one is the answer; undefined where the scene gives none. */
  solve(question: Q, scene: S): Step[] | undefined;
  /** With which words a solution may begin; an empty one is no word. */
  openers(question: Q): readonly string[];
  /** What a solution states between its opener and its conclusion, in one of many wordings, each read by `facts`. */
  explain(rng: Random, question: Q, scene: S, answer: string): string[];
  /** What the words of a problem tell at medium dependency: a true part of what is needed, which leaves the answer open. */
  hint(rng: Random, question: Q, scene: S): string;
}

export const perceive = (text: string, value: string | number): Step => ({
  kind: 'perceive',
  text,
  value: String(value),
});

export const compute = (a: number, op: '+' | '-', b: number): Step => {
  const value = op === '+' ? a + b : a - b;
  return { kind: 'compute', text: `${a} ${op} ${b} = ${value}`, value: String(value) };
};

export const infer = (text: string, value: string): Step => ({ kind: 'infer', text, value });
