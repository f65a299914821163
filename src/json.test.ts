import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CheckpointError } from './errors.ts';
import { count, flag, integers, only, or, parseJson, positive, square, tokenIds } from './json.ts';

const schema = z.object({
  layers: count(10),
  eps: or(positive(1), 0.5),
  patch: or(square(64), 14),
  blocks: integers().nullish(),
  eos: tokenIds(),
  act: only('silu'),
  tied: flag(),
  tower: z.object({ width: count(8) }, 'an object').nullish(),
});
const read = (json: unknown, path?: string[]) => parseJson(schema, json, 'dir/config.json', path);

describe('a JSON file of someone else', () => {
  it('has what it says, and defaults for what is missing or null', () => {
    expect(read({ layers: 2, eps: null, patch: [7, 7], eos: 3, tied: true, more: {} })).toEqual({
      layers: 2,
      eps: 0.5,
      patch: 7,
      eos: [3],
      tied: true,
    });
    expect(read({ layers: 1, eos: [4, 5], eps: 1 })).toMatchObject({ eps: 1, patch: 14, eos: [4, 5] });
    expect(read({ inner: { layers: 3 } }, ['inner']).layers).toBe(3);
  });

  it.each<[unknown, string]>([
    [{}, '"layers" is missing; expected a whole number from 1 to 10'],
    [{ layers: null }, '"layers" is missing; expected'],
    [{ layers: 11 }, '"layers" is 11; expected a whole number from 1 to 10'],
    [{ layers: 1.5 }, '"layers" is 1.5; expected'],
    [{ layers: 1, eps: 0 }, '"eps" is 0; expected a number above 0, at most 1'],
    [{ layers: 1, patch: [7, 8] }, '"patch" is [7,8]; expected a whole number from 1 to 64, or that'],
    [{ layers: 1, patch: [] }, '"patch" is []; expected'],
    [{ layers: 1, blocks: [0, -1] }, '"blocks" is [0,-1]; expected a list of integers'],
    [{ layers: 1, blocks: new Array(10_001).fill(0) }, '"blocks" is [0,0'],
    [{ layers: 1, eos: 0.5 }, '"eos" is 0.5; expected a token id, or a list of them'],
    [{ layers: 1, act: 'gelu' }, '"act" is "gelu"; expected "silu"'],
    [{ layers: 1, tied: 'maybe' }, '"tied" is "maybe"; expected true or false'],
    [{ layers: 1, tower: { width: 9 } }, '"tower.width" is 9; expected a whole number from 1 to 8'],
    [{ layers: 1, tower: 3 }, '"tower" is 3; expected an object'],
    [[], 'the file must hold a JSON object'],
    [JSON.parse('{"__proto__": {"layers": 1}}'), '"layers" is missing'],
  ])('%j is refused in one line', (json, message) => {
    expect(() => read(json)).toThrow(CheckpointError);
    expect(() => read(json)).toThrow(`dir/config.json: ${message}`);
  });

  it('names the whole way to a key, and takes nothing that objects inherit', () => {
    expect(() => read({ inner: { layers: 0 } }, ['inner'])).toThrow('"inner.layers" is 0; expected');
    expect(() => read({}, ['constructor'])).toThrow('"constructor" must hold a JSON object');
  });
});
