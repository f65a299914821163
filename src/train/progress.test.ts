import { describe, expect, it } from 'vitest';
import { duration, Progress, progressLine, type StepView } from './progress.ts';

const view: StepView = {
  step: 7,
  steps: 60,
  reward: 0.5123,
  accuracy: 0.4781,
  klPrcp: 0.1117,
  entropy: 0.3456,
  seconds: 3,
  meanSeconds: 3.14,
};

const terminal = (isTTY: boolean, columns = 200) => {
  const written: string[] = [];
  return { out: { write: (text: string) => written.push(text), isTTY, columns }, written };
};

describe('progress', () => {
  it('is a plain line a step where there is no terminal', () => {
    const { out, written } = terminal(false);
    const progress = new Progress(out);
    progress.doing('compiling');
    progress.step(view);
    progress.say('hello');
    expect(written).toEqual([
      'step  7/60  reward 0.512  accuracy 47.8 %  KL_prcp 0.112  entropy 0.346  3.1 s/step  2 min 46 s left\n',
      'hello\n',
    ]);
  });

  it('is one line that is drawn over on a terminal, below what is said', () => {
    const { out, written } = terminal(true, 60);
    const progress = new Progress(out);
    progress.step(view);
    progress.step({ ...view, step: 60 });
    progress.say('saved');
    progress.end();
    const text = written.join('');
    // What a terminal shows: text after the last clear of each line.
    const shown = text
      .split('\n')
      .map((line) => line.slice(line.lastIndexOf('\x1b[2K') + 1).replace('[2K', ''));
    expect(shown[0]).toBe('saved');
    expect(shown[1]).toMatch(/^60\/60 reward 0\.51 acc 48% KL_prcp 0\.11 /);
    expect(shown[1]).toHaveLength(59);
  });

  it('leaves out what does not fit, the time left last', () => {
    const drawn = (columns: number) => {
      const { out, written } = terminal(true, columns);
      new Progress(out).step(view);
      return written.at(-1)!;
    };
    expect(drawn(200)).toMatch(/^\[##\.{14}\] step {2}7\/60 .*left$/);
    expect(drawn(110)).toMatch(/^step {2}7\/60 .*left$/);
    expect(drawn(80)).toMatch(/^7\/60 reward 0\.51 acc 48% .*2 min 46 s left$/);
    expect(drawn(0)).toBe(drawn(80));
  });

  it('tells what was not measured from what is 0', () => {
    expect(progressLine({ ...view, klPrcp: null })).toContain('KL_prcp -');
    expect(progressLine({ ...view, klPrcp: 0 })).toContain('KL_prcp 0.000');
  });

  it('reads durations', () => {
    expect([0.4, 59, 60, 125, 3600, 12_000].map(duration)).toEqual([
      '0 s',
      '59 s',
      '1 min 00 s',
      '2 min 05 s',
      '1 h 00 min',
      '3 h 20 min',
    ]);
  });
});
