/** YAML files, --set and the other options. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../../src/random.ts';
import type { ProcessCase } from '../case.ts';
import { fifo, long, noise, QUICK } from '../make.ts';

const kind = 'settings';

/** A file `run.yaml`, read by `papo config`. */
const file = (name: string, text: string | Uint8Array, more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind,
  name: `a file: ${name}`,
  prepare: (dir) => writeFileSync(join(dir, 'run.yaml'), text),
  args: ['config', '--config', 'run.yaml'],
  ...more,
});

const set = (assignment: string, more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind,
  name: `--set ${assignment.length > 60 ? `${assignment.slice(0, 60)}… of ${assignment.length}` : assignment}`,
  args: ['config', '--set', assignment],
  ...more,
});

const train = (name: string, args: string[], more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind,
  name: `train: ${name}`,
  // Where it is taken after all, the run is short.
  args: ['train', ...QUICK, '--set', 'train.steps=1', ...args],
  ...more,
});

const laughs = Array.from({ length: 9 }, (_, i) =>
  i === 0
    ? 'a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]'
    : `${'abcdefghi'[i]}: &${'abcdefghi'[i]} [${`*${'abcdefghi'[i - 1]},`.repeat(9).slice(0, -1)}]`,
).join('\n');

/** Settings that no machine can meet. */
const ABSURD = [
  ['rollout.prompts', '1e9'],
  ['rollout.samples', '1e9'],
  ['rollout.maxTokens', '1e12'],
  ['rollout.prompts', '1e300'],
  ['rollout.samples', '-1'],
  ['rollout.samples', '.nan'],
  ['rollout.samples', '.inf'],
  ['rollout.samples', '2.5'],
  ['data.builtin.train', '1e12'],
  ['data.builtin.test', '1e12'],
  ['data.maxPromptTokens', '1e12'],
  ['data.minPixels', '1e12'],
  ['test.samples', '1e9'],
  ['engine.threads', '1e9'],
  ['engine.threads', '0'],
  ['engine.microBatchTokens', '-5'],
  ['train.miniBatches', '1e9'],
  ['train.steps', '1e300'],
  ['mask.side', '0'],
  ['mask.ratio', '2'],
] as const;

export function settingCases(seed: string): ProcessCase[] {
  const rng = random(seed, 'settings');
  return [
    file('billion laughs', laughs, { says: /alias|anchor/ }),
    file('200,000 keys', Array.from({ length: 200_000 }, (_, i) => `k${i}: ${i}`).join('\n')),
    file('100,000 brackets', long(100_000, '[')),
    file('2,000 levels of indent', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
    file('5 MB in one value', `name: ${long(5e6)}`),
    file('NUL characters', 'seed: 1\nname: "a\\0b"\n'),
    file('raw NUL bytes', Buffer.from('seed: 1\0\0\0\n')),
    file('nothing but noise', noise(4096, rng)),
    file('a list', '- 1\n- 2\n'),
    file('a number', '42\n'),
    file('nothing', '', { status: 0 }),
    file('comments alone', '# nothing\n', { status: 0 }),
    file('UTF-16', Buffer.from('\ufeffseed: 1\n', 'utf16le')),
    file('a byte order mark', '\ufeffseed: 7\n', { status: 0, says: /seed: 7/ }),
    file('the same key twice', 'seed: 1\nseed: 2\n'),
    file('__proto__', '__proto__: {polluted: 1}\n'),
    file('constructor', 'constructor: {prototype: {polluted: 1}}\n'),
    file('nested __proto__', 'objective: {__proto__: {gamma: 5}}\n'),
    file('toString', 'toString: 1\n', {
      after: ({ stderr }) =>
        /did you mean (toString|valueOf)/.test(stderr) ? 'offers a key that is not a setting' : undefined,
    }),
    file('hasOwnProperty', 'objective: {hasOwnProperty: 1}\n', {
      after: ({ stderr }) =>
        /did you mean hasOwn/.test(stderr) ? 'offers a key that is not a setting' : undefined,
    }),
    file('a tag of a function', 'seed: !!js/function "function () { return 1 }"\n'),
    file('an unknown tag', 'seed: !secret 1\n'),
    file('a circle of anchors', 'objective: &a {gamma: *a}\n'),
    file('two documents', 'seed: 1\n---\nseed: 2\n'),
    file('terminal escapes', 'name: "\\e[2J\\e]0;owned\\a"\n'),
    file('an escape in a key', '"\\e[31mseed": 1\n'),
    file('an unknown key of 100,000 characters', `${long(100_000)}: 1\n`),
    file('tabs', 'objective:\n\tgamma: 1\n'),
    file('a number as text of a million digits', `seed: ${long(60_000, '9')}\n`),
    {
      kind,
      name: 'a file: a folder',
      prepare: (dir) => mkdirSync(join(dir, 'run.yaml')),
      args: ['config', '--config', 'run.yaml'],
    },
    { kind, name: 'a file: none', args: ['config', '--config', 'run.yaml'] },
    {
      kind,
      name: 'a file: a FIFO',
      prepare: (dir) => fifo(join(dir, 'run.yaml')),
      args: ['config', '--config', 'run.yaml'],
    },
    { kind, name: 'a file: /dev/zero', args: ['config', '--config', '/dev/zero'] },
    {
      kind,
      name: 'a file: a loop of links',
      prepare: (dir) => symlinkSync('run.yaml', join(dir, 'run.yaml')),
      args: ['config', '--config', 'run.yaml'],
    },
    { kind, name: 'a file: the empty name', args: ['config', '--config', ''] },
    { kind, name: 'a file: a name of 5,000 characters', args: ['config', '--config', long(5_000)] },
    {
      kind,
      name: 'a file: no permission',
      prepare: (dir) => writeFileSync(join(dir, 'run.yaml'), 'seed: 1\n', { mode: 0o000 }),
      args: ['config', '--config', 'run.yaml'],
      unprivileged: true,
      says: /permission/,
    },
    set('nothing'),
    set(''),
    set('='),
    set('=1'),
    set('objective.gamma'),
    set('objective.gamma=zero'),
    set('objective.gamma=&a [*a]'),
    set('a=&a [x,x,x,x,x,x,x,x]'),
    set('objective=&a {gamma: 1, beta: *a}'),
    set(`objective=${laughs.replaceAll('\n', ', ')}`),
    set('objective.__proto__.gamma=1'),
    set('__proto__.gamma=1'),
    set('constructor.prototype.gamma=1'),
    set('objective..gamma=1'),
    set('objective.gamma.deeper=1'),
    set(`${long(200, 'a.')}b=1`),
    set(`name=${long(100_000)}`),
    set(`objective.gamma=${long(10_000, '[')}`),
    set('views.noisy={kind:noise,step:500}', { status: [0, 1], says: /noise/ }),
    set('mask.kind=no-such-mask'),
    set('preset=papo-z'),
    set('name=..', { args: ['train', '--set', 'name=..'] }),
    ...ABSURD.map(([key, value]) => train(`${key}=${value}`, ['--set', `${key}=${value}`])),
    ...['.', '..', '', ' ', '/', '../up', 'a/b', 'a\\b', '.data', long(300), 'a\nb', '\u001b[2J'].map(
      (name) => train(`--name ${JSON.stringify(name).slice(0, 30)}`, ['--name', name]),
    ),
    ...['0', '-1', '1.5', '1e99', 'NaN', 'Infinity', '0x', '1;ls', '', ' '].map((steps) =>
      train(`--steps ${JSON.stringify(steps)}`, ['--steps', steps]),
    ),
    train('--resume ""', ['--resume', '']),
    train('--resume of a file', ['--resume', 'x'], { prepare: (dir) => writeFileSync(join(dir, 'x'), 'x') }),
    train('--resume /dev/null', ['--resume', '/dev/null']),
    train('--resume of an empty folder', ['--resume', 'x'], { prepare: (dir) => mkdirSync(join(dir, 'x')) }),
    train('--resume without a value', ['--resume']),
    train('--policy ""', ['--policy', '']),
    train('--data ""', ['--data', '']),
    train('--data /dev/null', ['--data', '/dev/null']),
    train('--data /', ['--data', '/']),
    train('--data of a FIFO', ['--data', 'x.jsonl'], { prepare: (dir) => fifo(join(dir, 'x.jsonl')) }),
    train('--out of a file', ['--out', 'x'], { prepare: (dir) => writeFileSync(join(dir, 'x'), 'x') }),
    train('--out /dev/null/x', ['--out', '/dev/null/x']),
    train('--out ""', ['--out', '']),
    train('an engine that is none', ['--set', 'engine.kind=gpu']),
    train('a provider that is none', ['--set', 'engine.provider=quantum']),
    train('CUDA where there is none', ['--set', 'engine.provider=cuda'], { seconds: 4 }),
    train('an unknown option', ['--nonsense'], { says: /nonsense/ }),
    { kind, name: 'an unknown command', args: ['trian'], says: /train/ },
    { kind, name: 'a command of 100,000 characters', args: [long(100_000)] },
    { kind, name: 'pretrain into /dev/null', args: ['pretrain', 'looking', '/dev/null'] },
    {
      kind,
      name: 'pretrain into a file',
      prepare: (dir) => writeFileSync(join(dir, 'x'), 'x'),
      args: ['pretrain', 'looking', 'x'],
    },
    { kind, name: 'pretrain into ""', args: ['pretrain', 'looking', ''] },
    { kind, name: 'pretrain by a recipe that is none', args: ['pretrain', 'x'], says: /there are looking/ },
    {
      kind,
      name: 'pretrain: a share of 2',
      args: ['pretrain', 'looking', 'x', '--mismatch', '2'],
      says: /mismatch.*0 to 1/,
    },
    { kind, name: 'data make: absurd rows', args: ['data', 'make', 'x', '--train', '1e15'] },
    { kind, name: 'data make: negative rows', args: ['data', 'make', 'x', '--train', '-4'] },
    { kind, name: 'data make: no task', args: ['data', 'make', 'x', '--tasks', ''] },
    { kind, name: 'data make: absurd pixels', args: ['data', 'make', 'x', '--pixels', '1e9'] },
    { kind, name: 'data make: pixels 0', args: ['data', 'make', 'x', '--pixels', '0'] },
    {
      kind,
      name: 'mask: a picture that is none',
      prepare: (dir) => writeFileSync(join(dir, 'x.png'), 'x'),
      args: ['mask', 'x.png'],
    },
    { kind, name: 'mask: a folder', args: ['mask', '.'] },
    { kind, name: 'mask: /dev/zero', args: ['mask', '/dev/zero'] },
    { kind, name: 'mask: a FIFO', prepare: (dir) => fifo(join(dir, 'x.png')), args: ['mask', 'x.png'] },
    ...Array.from({ length: 20 }, (_, i) => drawn(seed, i)),
  ];
}

/** A file of settings with something drawn put somewhere. */
function drawn(seed: string, i: number): ProcessCase {
  const rng = random(seed, 'settings', i);
  const lines = [
    'seed: 3',
    'objective:',
    '  gamma: 0.01',
    'rollout: {samples: 4}',
    'mask: {kind: random, ratio: 0.5}',
  ];
  const text = lines.join('\n');
  const at = rng.int(text.length);
  const odd = rng.pick([
    '{',
    ']',
    '&x ',
    '*x',
    '!!binary ',
    '\0',
    '"',
    "'",
    '%',
    '\u2028',
    '\ud800',
    '- ',
    ': ',
    '? ',
    '\r',
    '|\n',
    '>',
    '@',
    '`',
    '\t',
    '#',
  ]);
  return file(`drawn ${i}: ${JSON.stringify(odd)} at ${at}`, `${text.slice(0, at)}${odd}${text.slice(at)}`, {
    status: [0, 1],
  });
}
