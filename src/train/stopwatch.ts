import type { SecondsPart, StepLine } from '../metrics/lines.ts';

type Seconds = StepLine['seconds'];

/** What every step does, if only in no time. */
const NONE = { data: 0, sample: 0, reward: 0 };

/** Seconds by part of a step. Parts nest in `total` alone. */
export class Stopwatch {
  private parts: Omit<Seconds, 'total'> = { ...NONE };
  private start = performance.now();

  clock = async <T>(part: SecondsPart, work: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.parts[part] = (this.parts[part] ?? 0) + (performance.now() - from) / 1000;
    }
  };

  /** The parts since the last call, and forgets them. */
  lap(): Seconds {
    const total = (performance.now() - this.start) / 1000;
    const lap = rounded({ ...this.parts, total });
    this.parts = { ...NONE };
    this.start = performance.now();
    return lap;
  }
}

const rounded = (seconds: Seconds): Seconds =>
  Object.fromEntries(
    Object.entries(seconds).map(([part, s = 0]) => [part, Math.round(s * 1e4) / 1e4] as const),
  ) as Seconds;
