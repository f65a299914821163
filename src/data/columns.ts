/** Which columns of somebody's file hold the question, the answer and the pictures: found by name, or told. */
import { DataError } from '../errors.ts';
import { columnOf } from './record.ts';

/** What a person says about the columns; what is left out is found by name. */
export interface ColumnMapping {
  /**
   * A column, a dotted path into one, or a text with columns in braces: `{question}\n{options}`; '' where the question is in
   * the picture.
   */
  problem?: string | null;
  answer?: string | null;
  /** One column or several. */
  images?: string | readonly string[] | null;
  /** Options that are put after the question; '' for none. */
  choices?: string | null;
  id?: string | null;
}

export interface Layout {
  problem: string;
  /** Null: it is what the assistant says in the messages of `problem`. */
  answer: string | null;
  /** In order; none where the file has no pictures. Numbered ones keep their number. */
  images: string[];
  /** Further picture columns, in order, for rows in which `images` hold nothing. */
  otherImages: string[];
  choices: string | null;
  id: string | null;
}

/** By rank: the first rank with a column decides, and has to have just one. */
const PROBLEM = [
  ['problem'],
  [
    'question',
    'prompt',
    'messages',
    'message',
    'conversations',
    'conversation',
    'query',
    'instruction',
    'input',
  ],
  ['original_question', 'text'],
];
const ANSWER = [
  ['answer'],
  ['solution', 'ground_truth', 'gt', 'final_answer', 'gold', 'gold_answer', 'gt_answer', 'target', 'label'],
  ['reward_model.ground_truth'],
  ['original_answer', 'completion', 'response', 'output'],
];
/** Here the order decides: where there are two, the earlier one has the pictures themselves. */
const IMAGES = [
  'images',
  'decoded_image',
  'decoded_images',
  'image',
  'image_path',
  'image_paths',
  'image_file_name',
  'image_file_names',
  'file_name',
  'file_names',
  'img',
  'img_path',
  'picture',
  'pictures',
];
const CHOICES = ['choices', 'options', 'option'];
/** Columns that name a row. */
export const ID = ['id', 'ID', 'uid', 'pid', 'qid', 'question_id', 'sample_index'];
/** Columns that hold conversations, so that the answer may be in them too. */
const CONVERSATIONS = ['messages', 'message', 'conversations', 'conversation', 'prompt'];

const NUMBERED = /^(?:image|img)_?(\d{1,2})$/;

/** The digit of a numbered picture column. */
export const numberOf = (column: string): number | undefined => {
  const digits = NUMBERED.exec(column)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const placeholders = (template: string) => [...template.matchAll(/\{([\w. -]+)\}/g)].map((m) => m[1]);

/** The paths that a source names: itself, or those in the braces of a template. */
export const pathsOf = (source: string, columns: readonly string[]): string[] =>
  isTemplate(source, columns) ? placeholders(source) : [source];

/** Whether a source is a text with columns in braces, not the name of a column. */
export const isTemplate = (source: string, columns: readonly string[]): boolean =>
  !columns.includes(source) && /[{}\s]/.test(source);

const there = (path: string, columns: readonly string[]) => columns.includes(columnOf(path, columns));

/**
 * The layout of a file. Columns that hold nothing are passed over where another of the same meaning does.
 * @param columns all top-level columns; `empty` those of them that hold nothing
 * @param mapping what is told, not guessed
 * @throws DataError where a column is missing, or where several could be meant
 */
export function findLayout(
  file: string,
  columns: readonly string[],
  mapping: ColumnMapping = {},
  empty: ReadonlySet<string> = new Set(),
): Layout {
  const full = columns.filter((c) => !empty.has(c));
  const told = (role: 'problem' | 'answer' | 'choices' | 'id' | 'images', source: string) => {
    for (const path of pathsOf(source, columns))
      if (!there(path, columns))
        throw new DataError(
          `${file}: data.columns.${role} names '${path}', which is no column (found: ${list(columns)}); name one of these`,
        );
    return source;
  };
  const choose = (role: 'problem' | 'answer', ranks: readonly (readonly string[])[]): string | undefined => {
    const given = mapping[role];
    if (given === '' && role === 'problem') return '';
    if (given) return told(role, given);
    for (const [rank, among] of [full, columns].flatMap((c) => ranks.map((r) => [r, c] as const))) {
      const found = rank.filter((path) => there(path, among));
      if (found.length === 1) return found[0];
      if (found.length > 1)
        throw new DataError(
          `${file}: the ${role} could be in ${found.map((c) => `'${c}'`).join(' or ')}; say which: --set data.columns.${role}=${found[0]}`,
        );
    }
    return undefined;
  };
  const missing = (role: 'problem' | 'answer') =>
    new DataError(
      `${file}: no column holds the ${role} by any of the usual names (found: ${list(columns)}); say which: --set data.columns.${role}=COLUMN`,
    );
  const problem = choose('problem', PROBLEM);
  if (problem === undefined) throw missing('problem');
  const answer = choose('answer', ANSWER);
  if (answer === undefined && !CONVERSATIONS.includes(problem)) throw missing('answer');
  return {
    problem,
    answer: answer ?? null,
    ...(mapping.images
      ? { images: [mapping.images].flat().map((source) => told('images', source)), otherImages: [] }
      : imageColumns(full)),
    choices:
      mapping.choices === '' || (!mapping.choices && isTemplate(problem, columns))
        ? null
        : mapping.choices
          ? told('choices', mapping.choices)
          : (CHOICES.find((c) => full.includes(c)) ?? null),
    id: mapping.id ? told('id', mapping.id) : (ID.find((c) => full.includes(c)) ?? null),
  };
}

/** `image_1` and its like are the pictures together where there are several of them or nothing else. */
function imageColumns(columns: readonly string[]): Pick<Layout, 'images' | 'otherImages'> {
  const numbered = columns
    .flatMap((column) => {
      const number = numberOf(column);
      return number === undefined ? [] : [{ column, number }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ column }) => column);
  const named = IMAGES.filter((c) => columns.includes(c));
  const first = named[0];
  return first === undefined || (first !== 'images' && numbered.length > 1)
    ? { images: numbered, otherImages: named }
    : { images: [first], otherImages: named.slice(1) };
}

const list = (columns: readonly string[]) =>
  columns.length === 0
    ? 'none'
    : columns.length > 24
      ? `${columns.slice(0, 24).join(', ')} and ${columns.length - 24} more`
      : columns.join(', ');

/** One line for a person: which column became what. */
export function layoutText({ problem, answer, images, choices }: Layout): string {
  const quoted = (text: string) => `'${text.replaceAll('\n', '\\n')}'`;
  return [
    problem === ''
      ? 'question in the picture'
      : `question from ${quoted(problem)}${choices === null ? '' : ` and ${quoted(choices)}`}`,
    `answer from ${answer === null ? `the messages of ${quoted(problem)}` : quoted(answer)}`,
    images.length === 0
      ? 'no pictures'
      : `pictures from ${images.length > 2 ? `${quoted(images[0])} to ${quoted(images[images.length - 1])}` : images.map(quoted).join(', ')}`,
  ].join(', ');
}
