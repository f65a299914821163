/** The questions behind the answers: with their pictures, from the suites opened again. */
import { PapoError } from '../../errors.ts';
import type { AnswerLine, Evaluation } from '../files.ts';
import { type OpenedSuite, type OpenOptions, openSuite, parseSpec } from '../suites/index.ts';
import type { Item } from '../types.ts';

/** Gives the question of an answer; undefined where its suite cannot be opened any more or has changed. */
export interface Items {
  of(line: AnswerLine): Promise<Item | undefined>;
  /** What could not be opened, a line each. */
  readonly problems: readonly string[];
}

export function itemsOf(evaluations: readonly Evaluation[], options: OpenOptions = {}): Items {
  const suites = new Map<string, Promise<OpenedSuite | undefined>>();
  const problems: string[] = [];
  const open = async (name: string): Promise<OpenedSuite | undefined> => {
    const record = evaluations
      .flatMap(({ settings }) => settings.suites)
      .find((suite) => suite.name === name);
    if (!record) return undefined;
    try {
      return await openSuite(parseSpec(record.spec, `suite ${name}`), options);
    } catch (error) {
      if (!(error instanceof PapoError)) throw error;
      problems.push(`the questions of ${name} cannot be opened again: ${error.message}`);
      return undefined;
    }
  };
  return {
    problems,
    async of(line) {
      let opening = suites.get(line.suite);
      if (!opening) {
        opening = open(line.suite);
        suites.set(line.suite, opening);
      }
      const suite = await opening;
      if (!suite || line.at >= suite.length) return undefined;
      try {
        const item = await suite.item(line.at);
        if (item.key === line.key) return item;
        problems.push(`${line.suite}: question ${line.at} is another one now; its rows were changed`);
      } catch (error) {
        if (!(error instanceof PapoError)) throw error;
        problems.push(error.message);
      }
      return undefined;
    },
  };
}
