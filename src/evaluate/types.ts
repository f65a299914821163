/**
 * The words of evaluation. A suite has questions; an answerer (a policy here, or a server) gives k responses to each; a
 * scoring makes a verdict of each response; lines of verdicts are kept in files, and everything that is reported is
 * computed from these.
 *
 * Axes: `_Q` questions, `_K` responses to one question.
 */
import type { Dependency, Row } from '../data/row.ts';

/** One question of a suite, ready to be asked. */
export interface Item {
  /** Names it within its suite, in every run of the program: results are resumed and paired by it. */
  key: string;
  /** Question with its `<image>` marks (no format sentence at its end), pictures, reference, and the file's further columns. */
  row: Row;
  /** The kind of question within the suite: built-in task, subject, skill. */
  task?: string;
  /** How much only the picture tells. */
  dependency?: Dependency;
  /** Questions with equal text here come from one source (the five versions of a MathVerse problem) and vary together. */
  cluster?: string;
  /** Texts of the options in the order of their letters; absent where the question is not multiple choice. */
  choices?: readonly string[];
  /** Decimals to which the set states that numbers are compared. */
  precision?: number;
}

/** Questions with one name, read one at a time. */
export interface Suite {
  readonly name: string;
  /** What a person calls it. */
  readonly title: string;
  /** Files or place that it was read from, for the report. */
  readonly source: string;
  /** Name of the scoring that it is meant for. */
  readonly scoring: string;
  /** Column group of the paper's table 1. */
  readonly group?: 'general' | 'vision';
  /** Usable questions. */
  readonly length: number;
  /** Rows that are left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Further facts that the report states, such as that MathVerse-V is a part of MathVerse. */
  readonly notes: readonly string[];
  /** 0 <= i < length. @throws DataError where its picture cannot be read any more */
  item(i: number): Promise<Item>;
}

/** How responses are drawn; every value is given, so that no server falls back on its own. */
export interface Sampling {
  /** 0: the likeliest token. */
  temperature: number;
  /** 1: all. */
  topP: number;
  /** Of the k likeliest tokens only; 0: all. */
  topK: number;
  /** Longest response in tokens, the end token included. */
  maxTokens: number;
}

/** One response, in words. */
export interface Response {
  text: string;
  /** null where a server does not say. */
  tokens: number | null;
  /** `failed`: there is none, for `error`. */
  stop: 'stop' | 'length' | 'failed';
  error?: string;
}

/** Gives responses to questions. */
export interface Answerer {
  /** One line for a person. */
  readonly description: string;
  /** What decides its answers, as it is kept in the evaluation's settings and stated in reports: no keys or passwords. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Questions that one call takes at most; calls are cut at the same places in every session. */
  readonly batch: number;
  /** Calls that may be under way at once. */
  readonly parallel: number;
  /**
   * `samples` responses to each question, [Q][K]. Equal seeds give equal responses where the answerer can promise it.
   * What one question's picture or a server's answer spoils is told as a `failed` response and never thrown.
   * @throws PapoError where nothing further can be asked at all; AbortError where `signal` stopped it
   */
  ask(items_Q: readonly Item[], options: AskOptions): Promise<Response[][]>;
  /**
   * Log-probabilities of given responses, in nats, one number a token, [Q][T] (the end token included), at temperature 1.
   * Answerers that cannot look into the policy lack it.
   */
  score?(items_Q: readonly Item[], responses_Q: readonly string[]): Promise<number[][]>;
  close(): Promise<void>;
}

export interface AskOptions extends Sampling {
  samples: number;
  seed: string;
  signal?: AbortSignal;
}

/**
 * What became of a response.
 * - `no box`: it gives no answer that could be compared: scored 0, counted apart from what is wrong.
 * - `bad reference`: the reference cannot be read by this scoring: no response could be right, so it has no score.
 * - `failed`: there is no response.
 */
export const VERDICTS = ['right', 'wrong', 'no box', 'bad reference', 'failed'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  verdict: Verdict;
  /** 0 to 1; null for `bad reference` and `failed`, which no mean is taken over. */
  score: number | null;
  /** What was graded out of the response. */
  given: string | null;
  /** In a few words, for a person. */
  why: string;
}

/** One way to compare a response with its reference: a file of scorings/, and a line in its index. */
export interface Scoring {
  readonly name: string;
  /** What reports and help say of it. */
  readonly description: string;
  /** Never throws; bounded in time whatever the texts. */
  judge(response: Response, item: Item): Promise<Judgement> | Judgement;
}

/** How an answer was taken: one of k at the evaluation's temperature, or the likeliest. */
export type Way = 'sampled' | 'greedy';
