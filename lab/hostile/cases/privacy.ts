/** Nothing is written outside the run and its caches, and no socket is opened. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessCase } from '../case.ts';
import { BASE, QUICK } from '../make.ts';

/** Telemetry that is on looks its collector up after about ten seconds. */
const RUN = ['train', ...QUICK, '--steps', '60', '--set', 'checkpoint.every=0'];
const leaves = /^(runs|trace|x)/;

const noTrace = () => {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'strace is not installed, or may not trace here';
  }
};

const traced = (name: string, args: string[], more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind: 'privacy',
  name,
  args,
  shell: 'strace -f -qq -e trace=socket,connect,sendto,sendmsg -o trace $PAPO "$@"',
  status: 0,
  seconds: 20,
  leaves,
  unless: noTrace,
  after: (_, dir) => {
    const calls = existsSync(join(dir, 'trace')) ? readFileSync(join(dir, 'trace'), 'utf8') : '';
    // A pair of sockets within the process is how Node talks to its own threads and children.
    const net = calls.split('\n').filter((line) => /AF_INET|AF_UNIX.*connect|connect\(/.test(line));
    return net.length > 0 ? `opened a socket: ${net[0]}` : undefined;
  },
  ...more,
});

export function privacyCases(): ProcessCase[] {
  return [
    traced('a run of a quarter of a minute opens no socket', RUN, { seconds: 60 }),
    traced('papo config', ['config', '--bare'], { seconds: 5 }),
    traced('papo data make', ['data', 'make', 'x', '--train', '7', '--validation', '0', '--test', '0'], {
      seconds: 8,
    }),
    traced('a picture on the web', ['mask', 'http://127.0.0.1:9/x.png'], { status: 1, seconds: 5 }),
    traced('a policy named as on the hub', ['train', ...QUICK, '--policy', 'Qwen/Qwen2.5-VL-3B-Instruct'], {
      status: 1,
      seconds: 6,
    }),
    traced('rows named as on the hub', ['train', ...QUICK, '--data', 'PAPOGalaxy/PAPO_ViRL39K_train'], {
      status: 1,
      seconds: 6,
    }),
    {
      kind: 'privacy',
      name: 'a policy of the package trains without touching its folder',
      args: [
        'train',
        '--policy',
        BASE,
        '--name',
        'run',
        '--steps',
        '1',
        '--set',
        'rollout={prompts: 2, samples: 2}',
        '--set',
        'test.rows=0',
        '--set',
        'validation.every=0',
      ],
      status: 0,
      seconds: 12,
      leaves,
    },
  ];
}
