/** A person's own reward and mask, misbehaving in every way that code can. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessCase } from '../case.ts';
import { QUICK } from '../make.ts';

const RUN = ['train', ...QUICK, '--steps', '2'];
const REWARD = ['--set', 'reward.function=my.mjs#score', '--set', 'reward.timeout=2'];
const MASK = ['--set', 'mask={kind: function, module: my.mjs#hide, timeout: 2}'];
const leaves = /^runs\/run/;

/** A module, refused with one line that names it; whatever it does, the process ends. */
const reward = (name: string, code: string, more: Partial<ProcessCase> = {}): ProcessCase => ({
  kind: 'functions',
  name: `reward: ${name}`,
  prepare: (dir) => writeFileSync(join(dir, 'my.mjs'), code),
  args: [...RUN, ...REWARD],
  says: /my\.mjs/,
  seconds: 10,
  leaves,
  ...more,
});

const score = (name: string, body: string, more: Partial<ProcessCase> = {}) =>
  reward(name, `export async function score(x) { ${body} }\n`, more);

const mask = (name: string, body: string, more: Partial<ProcessCase> = {}): ProcessCase => ({
  ...reward(name, `export async function hide(image, rng, ratio) { ${body} }\n`, more),
  name: `mask: ${name}`,
  args: [...RUN, ...MASK],
});

const FURTHER = ['function=my.mjs#score', 'weight=0.5', 'timeout=2'].flatMap((set) => [
  '--set',
  `reward.further.mine.${set}`,
]);
const further = (name: string, body: string, more: Partial<ProcessCase> = {}): ProcessCase => ({
  ...score(name, body, { says: /reward\.further\.mine/, ...more }),
  name: `further reward: ${name}`,
  args: [...RUN, ...FURTHER],
});

const fine = { status: 0, says: undefined } as const;

export function functionCases(): ProcessCase[] {
  return [
    score('throws', "throw new Error('no good')", { says: /no good/ }),
    score('throws text', "throw 'no good'"),
    score('throws null', 'throw null'),
    score('throws nothing', 'throw undefined'),
    score(
      'throws what throws when it is read',
      "throw { get message() { throw new Error('deeper') }, get stack() { throw 1 } }",
    ),
    score('throws a symbol', "throw Symbol('x')"),
    score(
      'throws a proxy that is revoked',
      'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy',
    ),
    score('throws 10 MB', "throw new Error('x'.repeat(1e7))"),
    score('throws lines and escapes', "throw new Error('a\\nb\\u001b[2Jc')"),
    score('never answers', 'await new Promise(() => {})', { says: /second|answer/ }),
    score('counts for ever', 'for (;;);', { says: /second|answer/ }),
    score('waits for ever', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', {
      says: /second|answer/,
    }),
    score('goes back and back', "/(a+)+$/.test('a'.repeat(64) + '!'); return 1", { says: /second|answer/ }),
    score('ends the process', 'process.exit(0)'),
    score('ends the process with 7', 'process.exit(7)'),
    score('aborts', 'process.abort()'),
    score('kills itself', "process.kill(process.pid, 'SIGTERM'); await new Promise(() => {})", {
      status: [1, 143],
      says: undefined,
    }),
    score('leaves a rejection behind', "Promise.reject(new Error('left behind')); return 1", {
      status: [0, 1],
      says: undefined,
    }),
    score('throws later', "setTimeout(() => { throw new Error('later') }, 1); return 1", {
      status: [0, 1],
      says: undefined,
    }),
    score('gives nothing', ''),
    score('gives null, which cannot be scored', 'return null', fine),
    score('gives text', "return '1'"),
    score('gives NaN', 'return NaN'),
    score('gives infinity', 'return Infinity'),
    score('gives 10n', 'return 10n'),
    score('gives a symbol', "return Symbol('1')"),
    score('gives a function', 'return () => 1'),
    score('gives an empty object', 'return {}'),
    score('gives accuracy 5', 'return { overall: 1, accuracy: 5 }', { says: /accuracy/ }),
    score('gives accuracy −1', 'return { overall: 1, accuracy: -1 }', { says: /accuracy/ }),
    score('gives a circle', 'const r = { overall: 1 }; r.self = r; return r', {
      status: [0, 1],
      says: undefined,
    }),
    score('gives what throws when it is read', 'return { get overall() { throw new Error("read") } }'),
    score('gives 50 MB', "return { overall: 1, note: 'x'.repeat(5e7) }", { status: [0, 1], says: undefined }),
    score('changes its input', "x.row = null; x.answer = 'z'; x.response = 'z'; return 1", fine),
    score('prints 20 MB', "console.log('x'.repeat(100_000)); return 1", fine),
    score('prints as if it were papo', "process.stdout.write('done: 130 steps\\u001b[2J'); return 1", {
      ...fine,
    }),
    score('makes memory until it is gone', 'const a = []; for (;;) a.push(new Array(1e6).fill(0.5))'),
    reward('calls itself', 'export function score(x) { return score(x); }\n', { says: /stack/ }),
    score(
      'freezes what is shared',
      'Object.freeze(Object.prototype); Object.freeze(Array.prototype); return 1',
      fine,
    ),
    score(
      'writes into Object.prototype',
      'Object.prototype.overall = 9; Array.prototype.map = null; return 1',
      { status: [0, 1], says: undefined },
    ),
    score(
      'takes console and process away',
      'globalThis.process = undefined; globalThis.console = undefined; return 1',
      fine,
    ),
    score('takes the signals', "process.on('SIGTERM', () => {}); process.on('SIGINT', () => {}); for (;;);", {
      during: async (running) => {
        await running.said(/steps +2/);
        await new Promise((done) => setTimeout(done, 500));
        running.kill('SIGTERM');
      },
      status: [1, 143],
      says: undefined,
    }),
    score('is well', 'return { overall: 0.5, accuracy: 1, colour: 3 }', fine),
    reward('a module that is no code', '(((('),
    reward('a module that throws', "throw new Error('at the top')"),
    reward('a module that never loads', 'await new Promise(() => {});\nexport const score = 1;'),
    reward('a module that counts for ever', 'for (;;);'),
    reward('a module that ends the process', 'process.exit(0);'),
    reward('a module without the function', 'export const other = () => 1;', { says: /other/ }),
    reward('a module where it is a number', 'export const score = 1;'),
    reward(
      'a module that imports what is missing',
      "import 'no-such-package';\nexport const score = () => 1;",
    ),
    reward('a module that is missing', '', { prepare: () => {} }),
    reward('a module that is a folder', '', {
      args: [...RUN, '--set', 'reward.function=.#score'],
      says: undefined,
    }),
    reward('a module that is JSON', '', {
      prepare: (dir) => writeFileSync(join(dir, 'my.json'), '{}'),
      args: [...RUN, '--set', 'reward.function=my.json#score'],
      says: /my\.json/,
    }),
    reward('TypeScript', '', {
      prepare: (dir) =>
        writeFileSync(
          join(dir, 'my.ts'),
          'export const score = (x: { response: string }): number => Number(x.response.length > 0);\n',
        ),
      args: [...RUN, '--set', 'reward.function=my.ts#score'],
      ...fine,
    }),
    reward('TypeScript that is no code', '', {
      prepare: (dir) => writeFileSync(join(dir, 'my.ts'), 'export const score: = 1;\n'),
      args: [...RUN, '--set', 'reward.function=my.ts#score'],
      says: /my\.ts/,
    }),
    further('throws', "throw new Error('no good')"),
    further('never answers', 'await new Promise(() => {})'),
    further('ends the process', 'process.exit(0)'),
    further('gives text', "return '1'"),
    further('gives NaN', 'return { overall: NaN }'),
    further('gives a key that is kept', "return { overall: 1, 'a/unscored': 1 }"),
    further('gives null', 'return null', fine),
    further('is well', 'return { overall: -5, colour: 3 }', fine),
    mask('throws', "throw new Error('no good')", { says: /no good/ }),
    mask('counts for ever', 'for (;;);', { says: /second|answer/ }),
    mask('ends the process', 'process.exit(0)'),
    mask('gives nothing', ''),
    mask('gives another size', 'return { ...image, width: image.width + 1 }'),
    mask('gives less data', 'return { ...image, data: image.data.slice(1) }'),
    mask('gives text', "return 'black'"),
    mask('gives NaN as width', 'return { ...image, width: NaN }'),
    mask(
      'keeps the picture for later',
      'globalThis.last?.fill(9); globalThis.last = image.data; return image',
    ),
    mask(
      'detaches the picture',
      'structuredClone(image.data, { transfer: [image.data.buffer] }); return image',
    ),
    mask('is well', 'image.data.fill(0); return image', fine),
  ];
}
