/** One test question whole: its picture as a file, and what was answered to it before and after. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../data/row.ts';
import type { Rows } from '../data/source.ts';
import { writeAside } from '../durable.ts';
import { PapoError } from '../errors.ts';
import { type Answers, paired, type QuestionAnswers } from '../metrics/answers.ts';
import { decodeImage } from '../vision/decode.ts';
import { encodePng } from '../vision/encode.ts';
import { sideBySide } from '../vision/image.ts';
import { plain } from './plain.ts';

export const QUESTION_FILE = 'question.png';

/** Columns of a line of the block, and characters of a text that are shown at most. */
const [COLUMNS, CHARACTERS] = [80, 600];

/** Whether the most likely answer is right; graders that give what lies between call it so from 1/2 on. */
const isRight = ({ greedy }: QuestionAnswers) => (greedy.original ?? 0) >= 0.5;

const FIRST = 'the first of the test';

export interface Chosen {
  before: QuestionAnswers | undefined;
  after: QuestionAnswers;
  /** By which rule. */
  which: string;
  /** How many answers are other than before. */
  counts: string | undefined;
}

/** The first question whose most likely answer was wrong before and is right now; the first of all where there is none. */
export function choose(before: Answers | null, after: Answers): Chosen {
  const pairs = before ? paired(before, after) : [];
  const [first] = after.questions;
  if (pairs.length === 0) return { before: undefined, after: first, which: FIRST, counts: undefined };
  const turned = (from: boolean) => pairs.filter(([a, b]) => isRight(a) === from && isRight(b) === !from);
  const [gained, lost] = [turned(false), turned(true)];
  const counts = `of ${pairs.length} greedy answers ${gained.length} turned right, ${lost.length} turned wrong`;
  const [[a, b]] = gained.length > 0 ? gained : pairs;
  const which =
    gained.length > 0 ? 'the first that was wrong before and is right now' : `${FIRST}, as none turned right`;
  return { before: a, after: b, which, counts };
}

/** The block of that question, with its picture left in the run's folder. */
export async function questionText(
  dir: string,
  test: Rows,
  before: Answers | null,
  after: Answers,
): Promise<string> {
  const chosen = choose(before, after);
  const row = await test.row(chosen.after.at);
  const picture = await writePicture(join(dir, QUESTION_FILE), row);
  const kind = chosen.after.kind === undefined ? '' : ` (${plain(chosen.after.kind)})`;
  const answer = (question: QuestionAnswers) =>
    `${isRight(question) ? 'right' : 'wrong'}: ${tail(question.response ?? '')}`;
  return [
    `one question whole: ${plain(row.id)}${kind}`,
    `  ${chosen.which} (greedy)`,
    ...(chosen.counts === undefined ? [] : [`  ${chosen.counts}`]),
    ...(picture === undefined ? [] : [`  picture   ${picture}`]),
    item('question', head(row.problem.replaceAll('<image>', ' '))),
    item('answer', head(row.answer)),
    ...(chosen.before ? [item('before', answer(chosen.before))] : []),
    item(chosen.before ? 'after' : 'answered', answer(chosen.after)),
  ].join('\n');
}

/** The path of the picture, several side by side; why there is none where it cannot be made; undefined without pictures. */
async function writePicture(path: string, { id, images }: Row): Promise<string | undefined> {
  rmSync(path, { force: true });
  if (images.length === 0) return undefined;
  try {
    const decoded = await Promise.all(
      images.map((bytes, i) => decodeImage(bytes, `row ${id}, image ${i + 1}`)),
    );
    const png = await encodePng(decoded.length === 1 ? decoded[0] : sideBySide(decoded));
    writeAside(path, () => [png]);
    return path;
  } catch (error) {
    // The run is done, and its last words are worth more than the picture.
    if (!(error instanceof PapoError)) throw error;
    return `none: ${error.message}`;
  }
}

/** A question is known by its beginning, an answer by its end. */
function head(text: string): string {
  const line = plain(text);
  return line.length > CHARACTERS ? `${line.slice(0, CHARACTERS)} ...` : line;
}
function tail(text: string): string {
  const line = plain(text);
  return line.length > CHARACTERS ? `... ${line.slice(-CHARACTERS)}` : line;
}

/** `name  text`, wrapped between words, under itself. */
function item(name: string, text: string): string {
  const width = COLUMNS - 12;
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return `  ${name.padEnd(8)}  ${lines.join(`\n${' '.repeat(12)}`)}`;
}
