/** Compiled programs by what they compute and for which shapes; the least recently used one makes room for a new one. */
import { Lru } from '../../lru.ts';
import type { Program } from '../../tensor/program.ts';
import type { Executor } from './executor.ts';

export class Programs {
  private readonly executor: Executor;
  private readonly kept: Lru<string, Promise<void>>;
  /** Programs compiled so far, for reports. */
  compiled = 0;

  constructor(executor: Executor, capacity: number) {
    this.executor = executor;
    this.kept = new Lru(capacity);
  }

  /** The handle of the program that `build` makes, compiled once. */
  async get(key: string, build: () => Program): Promise<string> {
    const have = this.kept.get(key);
    if (have) {
      await have;
      return key;
    }
    // Closed before the new one is built: both need not fit into memory together.
    await this.close(this.kept.makeRoom(1));
    const opening = this.executor.open(key, build());
    const gone = this.kept.set(key, opening);
    this.compiled++;
    try {
      await opening;
      // Another program may have taken the room while the old one was closed.
      await this.close(gone);
    } catch (error) {
      this.kept.delete(key);
      throw error;
    }
    return key;
  }

  private async close(gone: readonly [key: string, opening: Promise<void>][]): Promise<void> {
    for (const [key] of gone) await this.executor.close(key);
  }
}
