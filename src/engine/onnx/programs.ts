/** Compiled programs by what they compute and for which shapes; the least recently used one makes room for a new one. */
import type { Program } from '../../tensor/program.ts';
import type { Executor } from './executor.ts';

export class Programs {
  private readonly executor: Executor;
  private readonly capacity: number;
  private readonly order = new Map<string, Promise<void>>();
  /** Programs compiled so far, for reports. */
  compiled = 0;

  constructor(executor: Executor, capacity: number) {
    this.executor = executor;
    this.capacity = capacity;
  }

  /** The handle of the program that `build` makes, compiled once. */
  async get(key: string, build: () => Program): Promise<string> {
    const have = this.order.get(key);
    if (have) {
      this.order.delete(key);
      this.order.set(key, have);
      await have;
      return key;
    }
    while (this.order.size >= this.capacity) {
      const [oldest] = this.order.keys();
      this.order.delete(oldest);
      await this.executor.close(oldest);
    }
    const opening = this.executor.open(key, build());
    this.order.set(key, opening);
    this.compiled++;
    try {
      await opening;
    } catch (error) {
      this.order.delete(key);
      throw error;
    }
    return key;
  }
}
