/** The questions behind the answers: with their pictures, from the suites opened again. */
import { PapoError } from '../errors.ts';
import type { AskedQuestion, Evaluation } from './files.ts';
import { type OpenedSuite, type OpenOptions, openSuite, parseSpec } from './suites/index.ts';
import type { Item } from './types.ts';

/** Which question of which suite: an answer's, or a question that was asked. */
export type QuestionPlace = Pick<AskedQuestion, 'suite' | 'key' | 'at'>;

/** Gives the question of an answer; undefined where its suite cannot be opened any more or has changed. */
export interface Items {
  of(place: QuestionPlace): Promise<Item | undefined>;
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
    async of(place) {
      let opening = suites.get(place.suite);
      if (!opening) {
        opening = open(place.suite);
        suites.set(place.suite, opening);
      }
      const suite = await opening;
      if (!suite || place.at >= suite.length) return undefined;
      try {
        const item = await suite.item(place.at);
        if (item.key === place.key) return item;
        problems.push(`${place.suite}: question ${place.at} is another one now; its rows were changed`);
      } catch (error) {
        if (!(error instanceof PapoError)) throw error;
        problems.push(error.message);
      }
      return undefined;
    },
  };
}
