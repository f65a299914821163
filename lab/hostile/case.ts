/** What a hostile case is: an input, how the tool meets it, and what it must do. */
import type { Random } from '../../src/random.ts';

export const KINDS = [
  'settings',
  'rows',
  'pictures',
  'policies',
  'functions',
  'runs',
  'signals',
  'grader',
  'disk',
  'privacy',
] as const;
export type Kind = (typeof KINDS)[number];

/** What a process left behind, as the judge saw it. */
export interface Ended {
  /** Exit status; 128 + n where signal n ended it. */
  status: number;
  stdout: string;
  stderr: string;
  seconds: number;
  /** Highest resident size in MB; 0 where the system does not tell. */
  peakMB: number;
  /** Paths in the case's folder that were not there before. */
  added: string[];
}

/** A running process, for a case that disturbs it. */
export interface Running {
  pid: number;
  /** Resolves when standard output or standard error holds the words; rejects when the process ends without. */
  said(words: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

interface Named {
  kind: Kind;
  name: string;
  /** Seconds it may take on a quiet machine. Default 2. */
  seconds?: number;
}

/** The command line, in a process of its own. */
export interface ProcessCase extends Named {
  /** Makes the input in an empty folder, which is where the command runs. */
  prepare?: (dir: string, random: Random) => void | Promise<void>;
  /** What follows `papo`. */
  args: string[];
  /** A shell command instead, in which `$PAPO` runs the tool with `args` as `"$@"`. */
  shell?: string;
  /** Acts while it runs. */
  during?: (running: Running, dir: string) => Promise<void>;
  /** Exit status. Default 1: refused with one line. 0 where the tool has to cope. */
  status?: number | readonly number[];
  /** What it has to say: on standard error where it is refused, anywhere else otherwise. */
  says?: RegExp;
  /** New paths that may stay. Default: none but the built-in rows. */
  leaves?: RegExp;
  /** A further verdict: what is wrong, or nothing. */
  after?: (ended: Ended, dir: string) => string | undefined | Promise<string | undefined>;
  /** As a user without privileges, where the campaign runs as root. */
  unprivileged?: boolean;
  /** Why it cannot run on this machine, or nothing. */
  unless?: () => string | undefined;
}

/** A call into the tool's own functions, in a child process that many calls share. */
export interface CallCase extends Named {
  /** Throws where the input is refused. */
  call: (dir: string, random: Random) => unknown;
  /** `refused`: a PapoError; `taken`: a value; `either`: one of them, but nothing else. */
  expect: 'refused' | 'taken' | 'either';
  /** What the refusal has to say. */
  says?: RegExp;
  /** A further verdict on the value. */
  after?: (value: unknown) => string | undefined;
  /** Measures the call alone, against this many milliseconds, instead of `seconds`. */
  milliseconds?: number;
}

export type Case = ProcessCase | CallCase;

export const isCall = (c: Case): c is CallCase => 'call' in c;

export interface Verdict {
  kind: Kind;
  name: string;
  /** What got through; empty where the case was handled. */
  faults: string[];
  /** Only these would go away with a second try on a busy machine. */
  late: boolean;
  seconds: number;
  peakMB: number;
  skipped?: string;
  output?: string;
}
