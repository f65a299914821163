/** The files that a run writes as it goes: metrics.jsonl (the source of truth), samples.jsonl, TensorBoard events. */
import { join } from 'node:path';
import { syncFolder } from '../durable.ts';
import { type JsonLine, JsonlWriter, keepLines } from '../metrics/jsonl.ts';
import type { MetricsLine } from '../metrics/lines.ts';
import type { SampleLine } from '../metrics/samples.ts';
import { EventsWriter, keepEvents } from '../metrics/tensorboard.ts';

export const METRICS = 'metrics.jsonl';
export const SAMPLES = 'samples.jsonl';

/** What the numbers of a kind of line are called for TensorBoard. */
const TAGS: Readonly<Record<MetricsLine['kind'], string>> = {
  step: 'train',
  validation: 'validation',
  test: 'test',
};

export class RunLog {
  private readonly metrics: JsonlWriter;
  private readonly samples: JsonlWriter;
  private readonly events: EventsWriter | undefined;

  /**
   * Goes on after step `done`, or from the start where it is -1: what earlier attempts wrote about later steps is cut
   * off, and so is the test after the last step, which is asked again.
   */
  constructor(runDir: string, done: number, tensorboard: boolean) {
    const known = new Set<string>();
    const keep = ({ step, kind }: JsonLine) => {
      if (typeof step !== 'number' || step > done || (kind === 'test' && step > 0)) return false;
      const key = `${kind} ${step}`;
      if (kind !== undefined && known.has(key)) return false;
      known.add(key);
      return true;
    };
    const complete = (last: JsonLine | undefined) => done < 0 || Number(last?.step) >= done;
    for (const name of [METRICS, SAMPLES]) keepLines(join(runDir, name), keep, complete);
    keepEvents(runDir, (step, has) => step <= done && !(step > 0 && has(`${TAGS.test}/`)));
    this.metrics = new JsonlWriter(join(runDir, METRICS));
    this.samples = new JsonlWriter(join(runDir, SAMPLES));
    this.events = tensorboard ? new EventsWriter(runDir, Math.max(0, done) + 1) : undefined;
    syncFolder(runDir);
  }

  write(line: MetricsLine): void {
    this.metrics.write(line);
    const { kind, step, ...values } = line;
    this.events?.scalars(step, Object.fromEntries(scalars(TAGS[kind], values)));
  }

  sample(lines: readonly SampleLine[]): void {
    for (const line of lines) this.samples.write(line);
  }

  /** @throws RunError where the files are gone */
  check(): void {
    this.metrics.check();
  }

  /** Everything so far is on the disk: called before a checkpoint says that its steps are done. */
  sync(): void {
    this.metrics.sync();
    this.samples.sync();
  }

  close(): void {
    this.metrics.close();
    this.samples.close();
    this.events?.close();
  }
}

function* scalars(prefix: string, values: JsonLine): Generator<[string, number]> {
  for (const [name, value] of Object.entries(values))
    if (Array.isArray(value)) continue;
    else if (typeof value === 'number') yield [`${prefix}/${name}`, value];
    else if (typeof value === 'object' && value !== null)
      yield* scalars(`${prefix}/${name}`, value as JsonLine);
}
