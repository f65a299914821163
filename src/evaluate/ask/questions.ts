/** What the arguments of a command mean, and questions that come one a line. */
import { statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ConfigError, ImageError, quoted } from '../../errors.ts';
import { readBounded } from '../../files.ts';
import { decodeImage } from '../../vision/decode.ts';
import type { Asking } from './types.ts';

/** Of a picture's file; its pixels have a bound of their own. */
const PICTURE_BYTES = 256 * 2 ** 20;
/** Questions of more characters are refused while they are read. */
const QUESTION_CHARACTERS = 2 ** 20;

/** Reads questions from standard input. */
export const STDIN = '-';

const EXAMPLE = 'papo ask picture.png "How many red objects are there?"';

/**
 * All arguments but the last are pictures, the last is the question; one alone is a question without a picture.
 * @throws ConfigError where the question is missing or empty, ImageError for a picture
 */
export async function askingOf(args: readonly string[]): Promise<Asking> {
  const question = args.at(-1) ?? '';
  if (question.trim() === '') throw new ConfigError(`the question is empty; ask as in: ${EXAMPLE}`);
  // A file's name in the place of the question is a question that was forgotten.
  if (question !== STDIN && isFile(question))
    throw new ConfigError(
      `${quoted(question)}: is a file where the question belongs; the question comes last: ${EXAMPLE}`,
    );
  const pictures = args.slice(0, -1).map((path) => {
    const limits = {
      most: PICTURE_BYTES,
      missing: `name a picture; the question is one argument, in quotes`,
    };
    return { path, bytes: readBounded(path, limits, (why) => new ImageError(`${quoted(path)}: ${why}`)) };
  });
  for (const { bytes, path } of pictures) await decodeImage(bytes, path);
  return { question, pictures };
}

const isFile = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
};

/** The lines that are not empty; a person at a terminal is asked for each. @throws ConfigError where there is none */
export async function* questionsFrom(
  input: NodeJS.ReadStream,
  prompts: NodeJS.WriteStream,
): AsyncGenerator<string> {
  const asks = input.isTTY === true;
  const lines = createInterface({
    input,
    ...(asks && { output: prompts, prompt: 'question> ' }),
    crlfDelay: Number.POSITIVE_INFINITY,
    terminal: asks,
  });
  let count = 0;
  try {
    if (asks) lines.prompt();
    for await (const line of lines) {
      if (line.length > QUESTION_CHARACTERS)
        throw new ConfigError(
          `standard input: a line of ${line.length} characters; a question has at most ${QUESTION_CHARACTERS}`,
        );
      if (line.trim() !== '') {
        count++;
        yield line.trim();
      }
      if (asks) lines.prompt();
    }
  } finally {
    lines.close();
  }
  if (count === 0 && !asks) throw new ConfigError('standard input: holds no question; give one a line');
}
