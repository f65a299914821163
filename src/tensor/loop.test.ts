import { expect, it } from 'vitest';
import { DYNAMIC, input } from './graph.ts';
import { loop } from './loop.ts';
import * as t from './ops.ts';
import { compile } from './program.ts';
import { Session } from './session.ts';

it('a loop carries values, grows a cache, reads its surroundings and stops early', async () => {
  const x = input('x', [1, 2]);
  const weight = input('w', [2, 2]);
  const turns = input('turns', [], 'int64');
  const twice = t.mul(weight, 2);
  const { carries, scans } = loop(
    turns,
    [{ start: x }, { start: t.zeros([1, 2]), shape: [DYNAMIC, 2] }],
    (_turn, [state, cache]) => {
      const next = t.matmul(state, twice);
      return {
        again: t.less(t.reshape(t.sum(next), []), 100),
        carries: [next, t.concat([cache, next], 0)],
        scans: [next],
      };
    },
  );
  const session = await Session.create(compile({ last: carries[0], cache: carries[1], scans: scans[0] }));
  const feeds = { x: Float32Array.of(1, 1), w: Float32Array.of(1, 0, 0, 1) };
  const three = await session.run({ ...feeds, turns: BigInt64Array.of(3n) });
  expect([...three.last]).toEqual([8, 8]);
  expect([...three.cache]).toEqual([0, 0, 2, 2, 4, 4, 8, 8]);
  expect([...three.scans]).toEqual([2, 2, 4, 4, 8, 8]);
  const early = await session.run({ ...feeds, turns: BigInt64Array.of(50n) });
  expect([...early.last]).toEqual([64, 64]);
  await session.close();
});

it('a feed of the wrong length says which', async () => {
  const session = await Session.create(compile({ y: t.exp(input('x', [3])) }));
  await expect(session.run({ x: new Float32Array(2) })).rejects.toThrow(
    'run: x takes [3], 2 values were fed',
  );
  await expect(session.run({})).rejects.toThrow('nothing is fed to x [3]');
});
