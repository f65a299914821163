/** Whatever a function of one's own is for, it is named, loaded, watched and told about in the same way. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, UserFunctionError } from '../errors.ts';
import { loadFunctionMask } from '../mask/kinds/function.ts';
import { random } from '../random.ts';
import { loadReward, loadScore } from '../reward/user-function.ts';
import { openFunctions } from '../rollout/functions.ts';
import { resolveConfig, yamlLayer } from '../settings/resolve.ts';
import { parseProcessorConfig } from '../vision/processor.ts';
import type { HostOptions } from './host.ts';

/** Gives a right reward for a response, and leaves a picture as it is. */
const BOTH = '(x) => x.data ? x : Number(x.response === x.answer)';
const TYPED = '(x: any): unknown => x.data ? x : Number(x.response === x.answer)';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kinds-'));
  mkdirSync(join(dir, 'a #1', 'b'), { recursive: true });
  const files: Record<string, string> = {
    'own.mjs': `export const both = ${BOTH};
      export const word = 'no function';
      export const throws = () => { throw new RangeError('none'); };
      export const rejects = async () => { throw { no: 'error' }; };
      export const spins = () => { for (;;); };
      export const waits = () => new Promise(() => {});
      export const leaves = () => process.exit(3);`,
    'plain.js': `export default ${BOTH};`,
    'common.cjs': `module.exports = { both: ${BOTH} };`,
    'part.ts': 'export enum Of { one = 1 }',
    'typed.ts': `import { Of } from './part'; export const both = ${TYPED}; export const one = Of.one;`,
    'typed.mts': `import { Of } from './part.ts'; export const both = ${TYPED}; export const one = Of.one;`,
    'uses.js': "export { both, one } from './typed.ts';",
    'empty.ts': 'export {};',
    'throws.ts': "const why: string = 'no key';\nthrow new RangeError(why);",
    'broken.ts': 'export default (;',
    'lacks.js': "export { both } from './missing.js';",
    'spins.mjs': 'for (;;);',
    'leaves.mjs': 'process.exit(0);',
    'a #1/b/own.js': `export default ${BOTH};`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A function that is open, asked about row r7. */
interface Opened {
  ask(): Promise<unknown>;
  close(): Promise<void>;
}

const KINDS: Record<string, { setting: string; open(reference: string, o?: HostOptions): Promise<Opened> }> =
  {
    reward: {
      setting: 'reward.function',
      async open(reference, options) {
        const reward = await loadReward(reference, dir, options);
        return {
          ask: async () => (await reward({ response: '4', answer: '4', row: { id: 'r7' } })).overall,
          close: async () => reward.close?.(),
        };
      },
    },
    'further reward': {
      setting: 'reward.further.short.function',
      async open(reference, options) {
        const score = await loadScore('reward.further.short.function', reference, dir, options);
        return {
          ask: async () => (await score({ response: '4', answer: '4', row: { id: 'r7' } })).score,
          close: () => score.close(),
        };
      },
    },
    mask: {
      setting: 'mask.module',
      async open(reference, options) {
        const mask = await loadFunctionMask('mask.module', reference, 0.5, dir, options);
        const img = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
        return {
          ask: async () => (await mask.apply(img, random(1), 'row r7')).data[0],
          close: async () => mask.close?.(),
        };
      },
    },
  };

describe.each(Object.entries(KINDS))('a %s of one’s own', (_kind, { setting, open }) => {
  const timeout = setting.replace(/[^.]*$/, 'timeout');

  it.each([
    'own.mjs#both',
    'plain.js',
    'plain.js#default',
    'common.cjs#both',
    'typed.ts#both',
    'typed.mts#both',
    'uses.js#both',
    './a #1/../typed.ts#both',
    'a #1/b/own.js',
    'a #1/b/own.js#default',
  ])('is loaded from %s', async (reference) => {
    const opened = await open(reference);
    expect(await opened.ask()).toBe(1);
    await opened.close();
  });

  const form = "give it as 'path/to/file.ts#exportName'";
  const all = 'both, leaves, rejects, spins, throws, waits';
  it.each([
    ['none.mjs#f', () => `no file ${join(dir, 'none.mjs')}; ${form}`],
    ['.', () => `${dir} is not a file; ${form}`],
    ['own.mjs#', () => form],
    ['#both', () => form],
    ['own.mjs#absent', () => `no function of that name (it exports ${all})`],
    ['own.mjs#word', () => `no function of that name (it exports ${all})`],
    ['own.mjs', () => `no function as its default export (it exports ${all})`],
    ['empty.ts', () => 'no function as its default export (it exports no function)'],
    ['throws.ts', () => 'cannot be loaded: RangeError: no key (throws.ts:2:7)'],
  ])('named %j is refused before anything runs', async (reference, words) => {
    const opening = open(reference);
    await expect(opening).rejects.toThrow(ConfigError);
    expect(await opening.catch((e) => e.message)).toBe(`${setting} ${reference}: ${words()}`);
  });

  it.each([
    ['broken.ts', /: cannot be loaded: .*Unexpected token[^\n]*$/],
    ['lacks.js#both', /: cannot be loaded: Error: Cannot find module '.\/missing\.js'[^\n]*$/],
  ])('in a file that cannot be read (%s) is told in one line', async (reference, words) => {
    const opening = open(reference);
    await expect(opening).rejects.toThrow(ConfigError);
    const message: string = await opening.catch((e) => e.message);
    expect(message.startsWith(`${setting} ${reference}: `)).toBe(true);
    expect(message).toMatch(words);
  });

  it.each([
    ['spins.mjs', `did not finish loading for 0.5 s (${timeout}); look at what it does outside of functions`],
    ['leaves.mjs', 'ended its thread (process.exit(0))'],
  ])('whose file does not finish (%s) is given up', async (reference, words) => {
    const opening = open(reference, { timeout: 0.5 });
    await expect(opening).rejects.toThrow(UserFunctionError);
    expect(await opening.catch((e) => e.message)).toBe(`${setting} ${reference}: ${words}`);
  });

  it.each([
    ['throws', 'threw RangeError: none (own.mjs:3:43)'],
    ['rejects', 'threw {"no":"error"}'],
    ['spins', `no answer for 0.5 s (${timeout}); cut off`],
    ['waits', `no answer for 0.5 s (${timeout}); cut off`],
    ['leaves', 'ended its thread (process.exit(3))'],
  ])('that %s is told by row', async (name, words) => {
    const opened = await open(`own.mjs#${name}`, { timeout: 0.5 });
    const asked = opened.ask();
    await expect(asked).rejects.toThrow(UserFunctionError);
    expect(await asked.catch((e) => e.message)).toBe(`${setting} own.mjs#${name}, row r7: ${words}`);
    await opened.close();
  });
});

it('is looked for from the folder of the settings that name it', async () => {
  writeFileSync(
    join(dir, 'a #1', 'run.yaml'),
    `reward: { function: ../typed.ts#both }
mask: { kind: function, module: b/own.js }
views: { noised: { kind: function, module: '../own.mjs#both' } }`,
  );
  const config = resolveConfig([yamlLayer(join(dir, 'a #1', 'run.yaml'))]);
  const functions = await openFunctions(config, parseProcessorConfig({}, 'test'), {});
  expect(await functions.reward({ response: '1', answer: '1' })).toMatchObject({ accuracy: 1 });
  expect(Object.values(functions.masks).map((mask) => mask.name)).toEqual([
    `function ${join(dir, 'a #1', 'b', 'own.js')}`,
    `function ${join(dir, 'own.mjs')}#both`,
  ]);
  await functions.close();
});
