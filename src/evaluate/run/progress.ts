/** What a person sees while questions are asked: one live line on a terminal, a line each tenth elsewhere. */
import { duration, type Progress, percent } from '../../train/progress.ts';
import type { Heard } from './runner.ts';

export class AskingProgress {
  private readonly progress: Progress;
  private readonly live: boolean;
  private readonly began: number;
  private readonly now: () => number;
  /** Of the drawn answers of this session, or the likeliest where none are drawn. */
  private sum = 0;
  private scored = 0;
  private failed = 0;
  /** Questions that were there before, and took no time. */
  private kept = 0;
  private tenth = 0;

  constructor(progress: Progress, live: boolean, now: () => number = () => performance.now() / 1000) {
    this.progress = progress;
    this.live = live;
    this.now = now;
    this.began = now();
  }

  hear(heard: Heard): void {
    const { suite, done, of, lines, questions } = heard;
    if (lines.length === 0) this.kept += questions;
    const drawn = lines.some((line) => line.way === 'sampled');
    for (const { score, verdict, way } of lines) {
      if (verdict === 'failed') this.failed++;
      if (score === null || (drawn && way === 'greedy')) continue;
      this.scored++;
      this.sum += score;
    }
    const asked = done - this.kept;
    const left = asked > 0 ? ((this.now() - this.began) / asked) * (of - done) : undefined;
    const parts = [
      `${suite}: ${done}/${of} questions`,
      ...(this.scored > 0 ? [`accuracy so far ${percent(this.sum / this.scored)}`] : []),
      ...(this.failed > 0 ? [`${this.failed} failed`] : []),
      ...(left !== undefined && done < of ? [`${duration(left)} left`] : []),
    ];
    const text = parts.join(', ');
    if (this.live) this.progress.doing(done < of ? text : '');
    const tenth = Math.floor((10 * done) / of);
    if (!this.live && tenth > this.tenth && asked > 0) this.progress.say(text);
    this.tenth = tenth;
  }
}
