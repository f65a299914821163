/** What a published set says about itself: a file of this folder each. */
import type { ColumnMapping } from '../../data/columns.ts';
import type { Record_ } from '../../data/record.ts';
import type { Dependency, Row } from '../../data/row.ts';
import type { Item } from '../types.ts';

/** What the columns of a row say beside its question, answer and pictures. */
export type Facts = Pick<Item, 'task' | 'dependency' | 'cluster' | 'choices' | 'precision'>;

/** One way in which the columns of a set are laid out. */
export interface SetLayout {
  /** In words, for the report. */
  name: string;
  /** It is this one where all of these columns are there, and none of `lacks`. */
  has: readonly string[];
  lacks?: readonly string[];
  /** What is not told here is found by name. */
  columns: ColumnMapping;
  /** Some questions have no words: they stand in the picture. */
  pictureAlone?: boolean;
  /** Columns that key, leaveOut and facts look at; the file's picture columns are not among them. */
  reads: readonly string[];
  /** The set's own name for a row; the place in the file where there is none. */
  key?: (record: Record_) => string;
  /** Why a row is no question of this suite. */
  leaveOut?: (record: Record_) => string | undefined;
  /** `record` has the columns of `reads`. */
  facts?: (record: Record_, row: Row) => Facts;
}

/** One form in which a set is published. */
export interface SetForm {
  /** What a person calls it: `layout=NAME`. */
  name: string;
  /** Data set on the hub. */
  repo: string;
  /** Paths of its files in there. */
  files: RegExp;
  layouts: readonly SetLayout[];
  /** Zip archive beside the rows that holds their pictures. */
  archive?: string;
  /** The scoring that it is meant for. */
  scoring: 'authors' | 'choices';
  notes?: readonly string[];
}

export interface PublishedSet {
  name: string;
  title: string;
  description: string;
  /** Column group of the paper's table 1. */
  group: 'general' | 'vision';
  /** Questions that the paper asks. */
  questions: number;
  /** The authors' name for it in their evaluation data, and their archive of its pictures. */
  split: string;
  archive: string;
  /** Its forms on the hub; where a folder has several, the first one is taken unless another is named. */
  forms: readonly SetForm[];
  /** How much only the picture tells, as arXiv 2507.06448 labels the whole set. */
  levels: readonly Dependency[];
  notes?: readonly string[];
}

/** The authors' own evaluation data: every set in one layout, pictures in archives beside. */
export const AUTHORS = 'PAPO-Galaxy/PAPO_eval';

/** Name of the authors' form. */
export const AUTHORS_FORM = 'authors';

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** All forms of a set, the authors' last. */
export function formsOf(set: PublishedSet): readonly SetForm[] {
  const split = escaped(set.split);
  const authors: SetForm = {
    name: AUTHORS_FORM,
    repo: AUTHORS,
    files: new RegExp(`^(data/|papo/)?${split}(-\\d{5}-of-\\d{5}[^/]*)?\\.(parquet|jsonl?)$`),
    archive: set.archive,
    scoring: 'authors',
    layouts: [
      {
        name: "the authors' evaluation data (PAPO_eval)",
        has: ['messages', 'images'],
        columns: { problem: 'messages', images: 'images' },
        reads: ['id'],
        key: ({ id }) => String(id ?? ''),
      },
    ],
  };
  return [...set.forms, authors];
}
