import { expect, it } from 'vitest';
import { random } from '../random.ts';
import { gradients } from '../tensor/grad.ts';
import * as t from '../tensor/ops.ts';
import { compile } from '../tensor/program.ts';
import { Session } from '../tensor/session.ts';
import { type BatchGroup, buildBatch, pixelFeed } from './batch.ts';
import { readCheckpoint } from './checkpoint.ts';
import { rowsOf } from './decoder.ts';
import { logProbs } from './policy.ts';
import { Weights } from './weights.ts';

const { policy: c, parameters } = readCheckpoint(
  new URL('../../test/golden/qwen2_5_vl/tiny_tied', import.meta.url).pathname,
);
const rng = random('packed');
const words = (n: number) => Int32Array.from({ length: n }, () => 1 + rng.int(20));

/** A prompt of n words, with a picture of 4 × 4 patches where asked. */
function group(n: number, picture: boolean, lengths: number[]): BatchGroup {
  const width = c.patches.inChannels * c.patches.temporalPatchSize * c.patches.patchSize ** 2;
  const image = {
    gridThw: [1, 4, 4] as [number, number, number],
    pixelValues_NC: Float32Array.from({ length: 16 * width }, () => rng.normal()),
  };
  const pads = new Int32Array(16 / c.patches.mergeSize ** 2).fill(c.tokens.image);
  return {
    ids_L: picture ? Int32Array.from([...words(2), ...pads, ...words(n)]) : words(n),
    images: picture ? [image] : [],
    responses_G: lengths.map(words),
  };
}

/** Log-probabilities of all tokens and the gradient of their weighted sum, by parameter. */
async function differentiated(groups: BatchGroup[], packed: boolean) {
  const batch = buildBatch(groups, c, { round: 16, packed });
  const { layout } = batch;
  const w = new Weights(c);
  const logp = logProbs(w, c, layout, 'original', 1);
  const shape = [layout.prompts * layout.samples, layout.block];
  const weight = new Float32Array(shape[0] * shape[1]);
  groups.forEach((g, p) => {
    g.responses_G.forEach((r, k) => {
      for (let j = 0; j < r.length; j++) weight[(p * layout.samples + k) * layout.block + j] = 1 + 0.1 * j;
    });
  });
  const total = t.sum(t.mul(logp, t.constant(weight, shape)));
  const used = [...w.used()];
  const found = gradients(
    total,
    used.map(([, x]) => x),
  );
  const outputs = Object.fromEntries(used.flatMap(([n], i) => (found[i] ? [[n, found[i]]] : [])));
  const session = await Session.create(compile({ ...outputs, logp }));
  const { logp: values, ...got } = await session.run({
    ...Object.fromEntries([...parameters].map(([n, p]) => [n, p.data])),
    ...batch.feeds,
    'original.pixels': pixelFeed(
      batch,
      groups.flatMap((g) => g.images),
      c,
    ),
  });
  await session.close();
  const real = (values as Float32Array).filter((_, i) => weight[i] > 0);
  return { rows: rowsOf(layout), real, got: got as Record<string, Float32Array> };
}

it.each([
  ['lengths that differ much', [group(30, true, [40, 3]), group(5, true, [0, 9]), group(12, false, [17, 1])]],
  ['no padding at all', [group(17, false, [16, 16]), group(17, false, [16, 16])]],
])('rows of filled slots alone give the same log-probabilities and gradients: %s', async (name, groups) => {
  const [all, packed] = [await differentiated(groups, false), await differentiated(groups, true)];
  if (name === 'no padding at all') expect(packed.rows).toBe(all.rows);
  else expect(packed.rows).toBeLessThan(0.7 * all.rows);
  expect(packed.real.length).toBe(all.real.length);
  packed.real.forEach((v, i) => {
    expect(Math.abs(v - all.real[i])).toBeLessThan(1e-5);
  });
  expect(Object.keys(packed.got)).toEqual(Object.keys(all.got));
  for (const [n, g] of Object.entries(packed.got)) {
    const scale = all.got[n].reduce((m, v) => Math.max(m, Math.abs(v)), 1e-6);
    g.forEach((v, i) => {
      if (Math.abs(v - all.got[n][i]) > 1e-4 * scale)
        throw new Error(`${n}[${i}]: ${v}, not ${all.got[n][i]}`);
    });
  }
});
