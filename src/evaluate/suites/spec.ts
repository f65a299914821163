/** What names a suite so that it can be opened again: it is kept in eval.json. */
import { z } from 'zod';
import { DEPENDENCY_SETTINGS, DIFFICULTY_SETTINGS } from '../../data/builtin/levels.ts';
import { TASKS } from '../../data/tasks/index.ts';
import { ConfigError } from '../../errors.ts';

const text = z.string().min(1).max(4096);
const rows = z.number().int().min(1).max(1_000_000);
const words = z.string().max(20_000);

/** Columns of a suite of one's own; what is left out is found by name. */
export const columnsSchema = z.strictObject({
  problem: words.optional().describe("the question: a column, a path, a text such as '{question} {hint}'"),
  answer: text.optional().describe('the reference'),
  images: z
    .union([text, z.array(text).min(1).max(64)])
    .optional()
    .describe('the pictures'),
  choices: words.optional().describe("options that are put after the question; '': none"),
  id: text.optional().describe('names a question in every run: results are resumed and paired by it'),
  task: text.optional().describe('kind of question, by which results are shown apart'),
  dependency: text.optional().describe('how much only the picture tells: high, medium or low'),
  cluster: text.optional().describe('questions of one source, which vary together'),
  precision: text.optional().describe('decimals to which numbers are compared'),
});

export const suiteSpecSchema = z.strictObject({
  /** How results name it; unlike the others of its evaluation. */
  name: z.string().min(1).max(200),
  /** Which of the suites; `own` for a folder or a file. */
  suite: text,
  title: text.optional(),
  /** Folder or file with its rows. */
  data: text.optional(),
  /** In which form the rows are, where a folder has them in several. */
  layout: text.optional(),
  /** Where on the hub the rows came from: that snapshot of the shared cache is read again. */
  hub: z.strictObject({ repo: text, revision: text }).optional(),
  /** The first questions only. */
  limit: rows.optional(),
  /** In place of the scoring that the suite is meant for. */
  scoring: text.optional(),
  /** Of the built-in tasks. */
  builtin: z
    .strictObject({
      seed: z.union([z.number().int(), text]).optional(),
      rows: rows.optional(),
      tasks: z.array(z.enum(TASKS)).min(1).max(64).optional(),
      dependency: z.enum(DEPENDENCY_SETTINGS).optional(),
      difficulty: z.enum(DIFFICULTY_SETTINGS).optional(),
    })
    .optional(),
  /** Of a suite of one's own. */
  columns: columnsSchema.optional(),
  /** What relative paths of pictures count from; the folder of the rows unless told. */
  images: text.optional(),
  split: z.enum(['train', 'validation', 'test']).optional(),
  group: z.enum(['general', 'vision']).optional(),
  notes: z.array(text).max(20).optional(),
});

export type SuiteSpec = z.infer<typeof suiteSpecSchema>;
export type SuiteColumns = z.infer<typeof columnsSchema>;

/** @throws ConfigError naming what is wrong, after `where` */
export function parseSpec(value: unknown, where: string): SuiteSpec {
  const parsed = suiteSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new ConfigError(
    `${where}: ${[...path, message].join(': ')}; docs/evaluation.md lists what it may have`,
  );
}
