/** What a person sees while a run goes on: one live line on a terminal, plain lines elsewhere. */
import type { Evaluation } from '../rollout/validate.ts';

export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** What the line of a step shows. */
export interface StepView {
  step: number;
  steps: number;
  reward: number;
  accuracy: number;
  /** Null where it was not measured. */
  klPrcp: number | null;
  entropy: number;
  /** Seconds that the step took, and mean of the steps of this session. */
  seconds: number;
  meanSeconds: number;
}

const BAR = 16;

/** `58 s`, `2 min 05 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function progressLine(view: StepView): string {
  const { step, steps, reward, accuracy, klPrcp, entropy, meanSeconds } = view;
  return [
    `step ${String(step).padStart(String(steps).length)}/${steps}`,
    `reward ${reward.toFixed(3)}`,
    `accuracy ${percent(accuracy)}`,
    `KL_prcp ${klPrcp === null ? '-' : klPrcp.toFixed(3)}`,
    `entropy ${entropy.toFixed(3)}`,
    `${meanSeconds.toFixed(1)} s/step`,
    step < steps ? `${duration((steps - step) * meanSeconds)} left` : 'done',
  ].join('  ');
}

/** The same in less than 80 columns. */
function shortLine({ step, steps, reward, accuracy, klPrcp, entropy, meanSeconds }: StepView): string {
  const left = step < steps ? `${duration((steps - step) * meanSeconds)} left` : 'done';
  const kl = klPrcp === null ? '-' : klPrcp.toFixed(2);
  return `${step}/${steps} reward ${reward.toFixed(2)} acc ${Math.round(100 * accuracy)}% KL_prcp ${kl} entropy ${entropy.toFixed(2)} ${meanSeconds.toFixed(1)} s/step ${left}`;
}

/** Aligned `name  value` lines. */
export function table(rows: readonly (readonly [string, string])[], indent = 2): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${' '.repeat(indent)}${name.padEnd(width)}  ${value}\n`).join('');
}

const show = ({ sampled, greedy }: Evaluation['all']) =>
  greedy === null ? percent(sampled) : `${percent(sampled)} (greedy ${percent(greedy)})`;

export const evaluationLine = (
  name: string,
  { all, rows, samples }: Pick<Evaluation, 'all' | 'rows' | 'samples'>,
): string => `${name}: accuracy ${show(all)} on ${rows} questions, avg@${samples}`;

export class Progress {
  private readonly out: Terminal;
  private readonly live: boolean;
  private line = '';

  constructor(out: Terminal) {
    this.out = out;
    this.live = out.isTTY === true;
  }

  /** A line that stays. */
  say(text: string): void {
    this.clear();
    this.out.write(text.endsWith('\n') ? text : `${text}\n`);
    this.draw();
  }

  step(view: StepView): void {
    if (!this.live) {
      this.say(progressLine(view));
      return;
    }
    const filled = Math.round((BAR * view.step) / view.steps);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] `;
    const forms = [bar + progressLine(view), progressLine(view), shortLine(view)];
    this.show(forms.find((line) => line.length < this.width) ?? shortLine(view));
  }

  /** What is being done now, on a terminal only; '' takes it away. */
  doing(text: string): void {
    if (this.live) this.show(text);
  }

  /** Ends the live line and leaves it standing. */
  end(): void {
    if (this.line !== '') this.out.write('\n');
    this.line = '';
  }

  /** Some terminals say 0. */
  private get width(): number {
    return this.out.columns || 80;
  }

  private show(line: string): void {
    this.clear();
    this.line = line;
    this.draw();
  }

  /** A line of the terminal's full width would wrap, and then could not be drawn over. */
  private draw(): void {
    if (this.line !== '') this.out.write(this.line.slice(0, this.width - 1));
  }

  private clear(): void {
    if (this.line !== '') this.out.write('\r\x1b[2K');
  }
}
