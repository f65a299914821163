import type { Question, Scene, TaskName } from './tasks/index.ts';
import type { Difficulty } from './tasks/shared/difficulty.ts';
import type { Step } from './tasks/task.ts';

/** One question with its pictures, as every source of data gives it. */
export interface Row {
  /** Its name in messages and in samples.jsonl. */
  id: string;
  /** The text of the question; each `<image>` mark stands for one of `images`, in order. */
  problem: string;
  /** The system message that came with the question. */
  system?: string;
  /** Encoded bytes (PNG, JPEG, WebP, ...), not decoded. */
  images: Uint8Array[];
  /** The reference that responses are graded against. */
  answer: string;
  /** Only on rows of the built-in tasks. */
  meta?: RowMeta;
  /** Further columns of the file, as they were. */
  extra?: Record<string, unknown>;
}

/** How much of a scene only the picture tells: all of it, part of it, or nothing that the words do not tell too. */
export const DEPENDENCIES = ['high', 'medium', 'low'] as const;
export type Dependency = (typeof DEPENDENCIES)[number];

/** What a built-in task knows about a row, so that a wrong answer can be traced to its cause by program. */
export interface RowMeta {
  task: TaskName;
  /** The level of this row, where those of the rows differ. */
  dependency: Dependency;
  /** Likewise. */
  difficulty: Difficulty;
  /** The question in machine-readable form. */
  question: Question;
  /** What the picture really holds. */
  scene: Scene;
  /** A right solution, step by step; the value of the last step is the answer. */
  steps: Step[];
}
