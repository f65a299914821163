/** Disks that are full, read-only or someone else's; a person's own files in the way. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Random } from '../../../src/random.ts';
import type { ProcessCase } from '../case.ts';
import { GOOD, noise, png, QUICK } from '../make.ts';

const RUN = ['train', ...QUICK, '--steps', '2'];

const disk = (name: string, more: Partial<ProcessCase> & Pick<ProcessCase, 'args'>): ProcessCase => ({
  kind: 'disk',
  name,
  seconds: 10,
  leaves: /^runs/,
  ...more,
});

/** A file of a person, which has to stay as it is. */
const mine = (name: string) => (dir: string) => {
  mkdirSync(join(dir, 'mine'), { recursive: true });
  writeFileSync(join(dir, 'mine', name), 'mine');
  writeFileSync(join(dir, 'picture.png'), GOOD);
};

/** A file system of so many KB for the case alone: a namespace takes it down with the process. */
const small = (kilobytes: number) =>
  `mkdir -p small && mount -t tmpfs -o size=${kilobytes}k none small && chmod 777 small && { $PAPO "$@"; code=$?; find small -name '*.partial' -o -name '*.making*' > left; exit $code; }`;
const unshared = (script: string) => `exec unshare -m bash -c '${script.replaceAll("'", `'\\''`)}' papo "$@"`;
const noMounts = () => {
  try {
    execFileSync(
      'unshare',
      ['-m', 'bash', '-c', 'd=$(mktemp -d); mount -t tmpfs none $d && umount $d; rmdir $d'],
      { stdio: 'ignore' },
    );
    return undefined;
  } catch {
    return 'mounts need root';
  }
};
const onSmall = (
  name: string,
  kilobytes: number,
  args: string[],
  more: Partial<ProcessCase> = {},
): ProcessCase =>
  disk(`a disk of ${kilobytes} KB: ${name}`, {
    args,
    shell: unshared(small(kilobytes)),
    unless: noMounts,
    leaves: /^(runs|small|left)/,
    after: (_, dir) =>
      existsSync(join(dir, 'left')) && readFileSync(join(dir, 'left'), 'utf8') !== ''
        ? `half files left: ${readFileSync(join(dir, 'left'), 'utf8')}`
        : undefined,
    ...more,
  });

/** A folder that may be read only, for someone without privileges. */
const readOnly = (dir: string) => {
  mkdirSync(join(dir, 'locked'));
  writeFileSync(join(dir, 'picture.png'), GOOD);
  chmodSync(join(dir, 'locked'), 0o555);
};

export function diskCases(): ProcessCase[] {
  const refusedRun = { says: /permission|read-only/ } as const;
  return [
    disk('train: --out without permission', {
      args: [...RUN, '--out', 'locked'],
      prepare: readOnly,
      unprivileged: true,
      ...refusedRun,
    }),
    disk('train: --out below it', {
      args: [...RUN, '--out', 'locked/a/b'],
      prepare: readOnly,
      unprivileged: true,
      ...refusedRun,
    }),
    disk('data make without permission', {
      args: ['data', 'make', 'locked/x', '--train', '7'],
      prepare: readOnly,
      unprivileged: true,
      ...refusedRun,
    }),
    disk('mask without permission', {
      args: ['mask', 'picture.png', '--out', 'locked/x.png'],
      prepare: readOnly,
      unprivileged: true,
      ...refusedRun,
    }),
    disk('pretrain without permission', {
      args: ['pretrain', 'looking', 'locked/x'],
      prepare: readOnly,
      unprivileged: true,
      ...refusedRun,
    }),
    disk('train: --out in /proc', { args: [...RUN, '--out', '/proc/papo'] }),
    disk('data make in /proc', { args: ['data', 'make', '/proc/papo'] }),
    disk('mask into /dev/full', {
      args: ['mask', 'picture.png', '--out', '/dev/full', '--force'],
      prepare: mine('x'),
      status: [0, 1],
    }),
    disk('mask into a folder', { args: ['mask', 'picture.png', '--out', 'mine'], prepare: mine('x') }),
    disk('mask over a picture', {
      args: ['mask', 'picture.png', '--out', 'mine/x.png'],
      prepare: mine('x.png'),
      says: /there/,
    }),
    disk('mask over itself', { args: ['mask', 'picture.png', '--out', 'picture.png'], prepare: mine('x') }),
    disk('mask into a folder that is missing', {
      args: ['mask', 'picture.png', '--out', 'no/x.png'],
      prepare: mine('x'),
    }),
    ...['train.parquet', 'README.md', 'notes.txt', 'test.jsonl'].map((name) =>
      disk(`data make into a folder with ${name}`, {
        args: ['data', 'make', 'mine', '--train', '7', '--validation', '0', '--test', '0'],
        prepare: mine(name),
      }),
    ),
    disk('data make twice', {
      args: ['data', 'make', 'x', '--train', '7', '--validation', '0', '--test', '0'],
      shell: '$PAPO "$@" > /dev/null && $PAPO "$@"',
      leaves: /^x/,
    }),
    disk('data make onto a file', { args: ['data', 'make', 'picture.png'], prepare: mine('x') }),
    disk('data make onto a link into nothing', {
      args: ['data', 'make', 'x'],
      prepare: (dir) => symlinkSync('/no/where', join(dir, 'x')),
    }),
    disk('pretrain into a folder of a person', {
      args: ['pretrain', 'looking', 'mine'],
      prepare: mine('model.safetensors'),
    }),
    disk('train over a folder of a person', {
      args: [...RUN, '--out', '.', '--name', 'mine'],
      prepare: mine('thesis.txt'),
    }),
    onSmall('train', 40, [...RUN, '--out', 'small'], { says: /full/ }),
    onSmall('train, full at the checkpoint', 1_500, [...RUN, '--out', 'small'], { says: /full/ }),
    onSmall(
      'train, full at the second checkpoint',
      4_000,
      [...RUN, '--steps', '6', '--set', 'checkpoint.every=1', '--out', 'small'],
      { says: /full/ },
    ),
    onSmall('data make', 40, ['data', 'make', 'small/x', '--train', '400'], { says: /full/ }),
    onSmall('mask', 8, ['mask', 'large.png', '--out', 'small/x.png'], {
      prepare: (dir, rng) => writeFileSync(join(dir, 'large.png'), coloured(rng)),
      says: /full/,
    }),
    ...[20, 200, 900, 2_000].map((blocks) =>
      disk(`files of ${blocks} KB at most`, {
        args: RUN,
        shell: `ulimit -f ${blocks}; exec $PAPO "$@"`,
        status: [0, 1],
        after: (ended) =>
          /(papo: .*(ulimit|large|limit))|^$/.test(ended.stderr.trim())
            ? undefined
            : `says ${ended.stderr.slice(0, 200)}`,
      }),
    ),
    disk('so few files may be open', { args: RUN, shell: 'ulimit -n 128; exec $PAPO "$@"', status: [0, 1] }),
    disk('an umask that takes everything', {
      args: RUN,
      shell: 'umask 0777; exec $PAPO "$@"',
      unprivileged: true,
      status: [0, 1],
    }),
    disk('the working folder is deleted', {
      args: RUN,
      shell: 'mkdir gone && cd gone && rmdir ../gone && exec $PAPO "$@"',
      status: [0, 1],
      leaves: /^runs/,
    }),
    disk('no home', { args: RUN, shell: 'env -u HOME $PAPO "$@"', status: 0 }),
    disk('a temporary folder that is missing', {
      args: RUN,
      shell: 'TMPDIR=/no/where exec $PAPO "$@"',
      status: 0,
    }),
  ];
}

/** 64 × 64 pixels of any colour, which no PNG makes small. */
const coloured = (rng: Random) => {
  const rows = Array.from({ length: 64 }, () => Buffer.concat([Buffer.of(0), noise(64 * 3, rng)]));
  return png(64, 64, { colour: 2, data: deflateSync(Buffer.concat(rows)) });
};
