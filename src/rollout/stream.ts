/** The training questions in their drawn order, made ready ahead of their use. */
import type { Row } from '../data/row.ts';
import { DataError, PapoError, UserFunctionError } from '../errors.ts';
import type { Mask } from '../mask/types.ts';
import type { MadePrompt, PromptMaker } from './prompts.ts';

/** The training rows in the order of the run: position 0, 1, 2, ... without end, reshuffled every epoch. */
export interface RowStream {
  at(position: number): Promise<Row>;
  /** Told of a row that cannot be used. */
  skip?(position: number, why: PapoError): void;
}

/** Views by name, each with its mask; the mask's name tells strengths apart. */
export type Views = Record<string, Mask>;

interface Ahead {
  views: string;
  made: Promise<MadePrompt | PapoError>;
}

/** Rows that are decoded at the same time: enough to hide a read, few enough to keep memory small. */
const CONCURRENT = 4;

export class PromptStream {
  /** The next row to be used; with the seed it is all that a checkpoint needs. */
  position: number;
  /** Rows left out because they cannot be used, since the stream was made. */
  skipped = 0;
  private readonly rows: RowStream;
  private readonly maker: PromptMaker;
  private readonly seed: string | number;
  private readonly ahead = new Map<number, Ahead>();
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(options: {
    rows: RowStream;
    maker: PromptMaker;
    seed: string | number;
    position: number;
  }) {
    this.rows = options.rows;
    this.maker = options.maker;
    this.seed = options.seed;
    this.position = options.position;
  }

  /**
   * The next `count` prompts. Rows that cannot be used are skipped and counted.
   * @throws DataError where as many rows as are wanted fail in a row, UserFunctionError for a user's mask
   */
  async take(count: number, views: Views): Promise<MadePrompt[]> {
    this.prefetch(count, views);
    const out: MadePrompt[] = [];
    let failures = 0;
    while (out.length < count) {
      const made = await this.request(this.position, views);
      this.ahead.delete(this.position++);
      if (!(made instanceof PapoError)) {
        out.push(made);
        failures = 0;
        continue;
      }
      this.skipped++;
      this.rows.skip?.(this.position - 1, made);
      if (++failures >= Math.max(count, 8))
        throw new DataError(
          `data: ${failures} rows one after another cannot be used; the last: ${made.message}`,
        );
    }
    return out;
  }

  /** Starts making the next `count` prompts while something else is computed. */
  prefetch(count: number, views: Views): void {
    for (let i = 0; i < count; i++) void this.request(this.position + i, views);
  }

  private request(position: number, views: Views): Promise<MadePrompt | PapoError> {
    const tag = Object.entries(views)
      .map(([view, mask]) => `${view}:${mask.name}`)
      .join();
    const have = this.ahead.get(position);
    if (have?.views === tag) return have.made;
    const made = this.limited(() => this.make(position, views));
    // Whoever takes it sees a fault of ours; until then it must not count as unhandled.
    made.catch(() => {});
    this.ahead.set(position, { views: tag, made });
    return made;
  }

  private async make(position: number, views: Views): Promise<MadePrompt | PapoError> {
    try {
      const row = await this.rows.at(position);
      return await this.maker.make(row, views, [this.seed, 'mask', position]);
    } catch (error) {
      // A fault of a user's mask is none of the row's.
      if (error instanceof PapoError && !(error instanceof UserFunctionError)) return error;
      throw error;
    }
  }

  private async limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= CONCURRENT) await new Promise<void>((go) => this.waiting.push(go));
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}
