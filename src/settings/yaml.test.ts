import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseYaml, YAML_BYTES } from './yaml.ts';

const fail = (why: string) => new Error(why);
const read = (source: string) => parseYaml(source, fail);

describe('YAML', () => {
  it('is what another reader makes of it', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(
          fc.string(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,9}$/), tie('any'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.constantFrom('flow', 'block', 'any'), (v, collectionStyle) => {
        const text = stringify(v, { collectionStyle });
        fc.pre(!/\b(constructor|prototype)\b/.test(text));
        expect(read(text)).toEqual(parse(text) ?? null);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['{kind:noise,step:500}', { kind: 'noise', step: 500 }],
    ['{kind:noise, step: 500}', { kind: 'noise', step: 500 }],
    ['{a:{kind:noise,std:.5},b:[{kind:blank}]}', { a: { kind: 'noise', std: 0.5 }, b: [{ kind: 'blank' }] }],
    ['{module:./mine.ts#top,ratio:0.4}', { module: './mine.ts#top', ratio: 0.4 }],
    ['{policy:C:/models/x}', { policy: 'C:/models/x' }],
    ['{"kind:noise"}', { 'kind:noise': null }],
    ['{kind:noise: 1}', { 'kind:noise': 1 }],
    ['a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['', null],
  ])('%s is read as it is meant', (source, value) => {
    expect(read(source)).toEqual(value);
  });

  const laugh = [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
  ].join('\n');
  it.each([
    ['a billion laughs', laugh, 'its anchors unfold to far more than they hold'],
    ['many anchors', `a: &a 1\nb: [${Array(200).fill('*a').join(', ')}]`, 'more than 100 anchors'],
    ['an anchor within itself', 'a: &x {b: *x}', 'the anchor x holds itself'],
    ['an anchor that is its own list', '&x [*x]', 'the anchor x holds itself'],
    ['an anchor that is not there', '*x', 'the anchor x is not set before it is used'],
    ['deep lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'deeper than 32 levels'],
    [
      '200,000 keys',
      Array.from({ length: 200_000 }, (_, i) => `k${i}: 1`).join('\n'),
      'longer than the 64 KB',
    ],
    ['a key twice', 'a: 1\nb: 2\na: 3', 'a is given twice'],
    ['a key of JavaScript', '__proto__: {a: 1}', '__proto__: no such key'],
    ['a block as a key', '{? {a: 1} : 2}', 'a key is a list or a block'],
    ['two documents', 'a: 1\n---\nb: 1', 'holds several documents'],
    ['a tab', '\ta: 1', 'Tabs are not allowed as indentation at line 1'],
  ])('%s: refused in one line', (_, source, words) => {
    expect(() => read(source)).toThrow(words);
  });

  it('takes as many keys as fit without a second thought', () => {
    let source = '';
    for (let i = 0; source.length < YAML_BYTES - 20; i++) source += `k${i}: 1\n`;
    expect(Object.keys(read(source) as object).length).toBeGreaterThan(6000);
  });
});
