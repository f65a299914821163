/** Interrupts, and output that nobody reads. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessCase, Running } from '../case.ts';
import { QUICK } from '../make.ts';

const LONG = ['train', ...QUICK, '--steps', '5000'];
const leaves = /^runs\/run/;
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

const signal = (
  name: string,
  during: (running: Running) => Promise<void>,
  more: Partial<ProcessCase> = {},
): ProcessCase => ({
  kind: 'signals',
  name,
  args: LONG,
  during: (running) => during(running),
  status: 130,
  seconds: 15,
  leaves,
  ...more,
});

/** What a shell does with the output. */
const piped = (name: string, shell: string, more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind: 'signals',
  name,
  args: ['train', ...QUICK, '--steps', '2'],
  shell,
  status: 0,
  seconds: 12,
  leaves,
  ...more,
});

/** Output that nobody reads never ends a run. */
const ranOn = (_: unknown, dir: string) => {
  const file = join(dir, 'runs/run/checkpoints/step-000002/state.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8'))
    ? undefined
    : 'the run did not come to its end';
};

export function signalCases(): ProcessCase[] {
  const first = /step +1\//;
  return [
    signal(
      'Ctrl-C at once',
      async (r) => {
        await wait(150);
        r.kill('SIGINT');
      },
      { leaves: /^runs/ },
    ),
    signal('Ctrl-C while it opens', async (r) => {
      await r.said(/steps +5000/);
      r.kill('SIGINT');
    }),
    signal(
      'Ctrl-C in a step',
      async (r) => {
        await r.said(first);
        r.kill('SIGINT');
      },
      { says: /continue with/ },
    ),
    ...[20, 120, 300, 600, 900, 1300].map((ms) =>
      signal(`a second Ctrl-C after ${ms} ms`, async (r) => {
        await r.said(first);
        r.kill('SIGINT');
        await wait(ms);
        r.kill('SIGINT');
      }),
    ),
    ...[550, 700].map((ms) =>
      signal(`a second Ctrl-C after ${ms} ms, before the first step`, async (r) => {
        await r.said(/steps +5000/);
        r.kill('SIGINT');
        await wait(ms);
        r.kill('SIGINT');
      }),
    ),
    signal('ten of them', async (r) => {
      await r.said(first);
      for (let i = 0; i < 10; i++) {
        r.kill('SIGINT');
        await wait(100);
      }
    }),
    signal(
      'SIGTERM',
      async (r) => {
        await r.said(first);
        r.kill('SIGTERM');
      },
      { status: 143 },
    ),
    signal(
      'SIGTERM twice',
      async (r) => {
        await r.said(first);
        r.kill('SIGTERM');
        await wait(600);
        r.kill('SIGTERM');
      },
      { status: 143 },
    ),
    signal(
      'SIGHUP: the terminal is closed',
      async (r) => {
        await r.said(first);
        r.kill('SIGHUP');
      },
      { status: [0, 129] },
    ),
    signal('SIGPIPE', async (r) => {
      await r.said(first);
      r.kill('SIGPIPE');
      await wait(300);
      r.kill('SIGINT');
    }),
    signal('stopped and let go on', async (r) => {
      await r.said(first);
      r.kill('SIGSTOP');
      await wait(400);
      r.kill('SIGCONT');
      await wait(200);
      r.kill('SIGINT');
    }),
    piped('papo train | head -2', '$PAPO "$@" | head -2; exit $PIPESTATUS', { after: ranOn }),
    piped('papo train | true', '$PAPO "$@" | true; exit $PIPESTATUS', { after: ranOn }),
    piped('papo train 2>&1 | true', '$PAPO "$@" 2>&1 | true; exit $PIPESTATUS', { after: ranOn }),
    piped('output closed', '$PAPO "$@" >&-', { after: ranOn }),
    piped('output and errors closed', '$PAPO "$@" >&- 2>&-', { after: ranOn }),
    piped('output on a full disk', '$PAPO "$@" > /dev/full', {
      after: ranOn,
      unless: () => (existsSync('/dev/full') ? undefined : 'no /dev/full here'),
    }),
    piped('errors on a full disk', '$PAPO "$@" 2> /dev/full', {
      after: ranOn,
      unless: () => (existsSync('/dev/full') ? undefined : 'no /dev/full here'),
    }),
    piped('input closed', '$PAPO "$@" <&-', { after: ranOn }),
    piped('a narrow terminal of no columns', 'COLUMNS=0 $PAPO "$@"', { after: ranOn }),
    piped('papo config | head -1', '$PAPO config | head -1; exit $PIPESTATUS', { args: [], seconds: 2 }),
    piped('papo config > /dev/full', '$PAPO config > /dev/full', { args: [], seconds: 2, status: [0, 1] }),
    piped('papo --help | true', '$PAPO --help | true; exit $PIPESTATUS', { args: [], seconds: 2 }),
    piped('papo presets | head -1', '$PAPO presets | head -1; exit $PIPESTATUS', {
      args: [],
      seconds: 2,
    }),
    piped(
      'papo data make | true',
      '$PAPO data make x --train 7 --validation 0 --test 0 | true; exit $PIPESTATUS',
      { args: [], seconds: 3, leaves: /^x/ },
    ),
  ];
}
