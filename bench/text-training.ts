/** Forward, backward and AdamW of a text-only decoder: d = 128, 4 layers, 4 heads, T = 128, B = 32, vocabulary 256. */
import { LocalExecutor } from '../src/engine/onnx/executor.ts';
import { trainingProgram } from '../src/engine/onnx/training-program.ts';
import { GRADIENT } from '../src/engine/program.ts';
import { buildBatch } from '../src/model/batch.ts';
import { families } from '../src/model/families.ts';
import { initialParameters } from '../src/model/init.ts';
import { random } from '../src/random.ts';
import * as t from '../src/tensor/ops.ts';

const T = 128;
const B = 32;

export async function textTrainingSpeed(threads: number, repeats = 12) {
  const policy = families[0].create({
    text: {
      hiddenSize: 128,
      layers: 4,
      heads: 4,
      kvHeads: 4,
      intermediateSize: 344,
      vocabSize: 256,
      tieWordEmbeddings: true,
    },
    vision: { depth: 1, hiddenSize: 16, heads: 1, intermediateSize: 16 },
    tokens: { image: 1, video: 2, visionStart: 3, visionEnd: 4, eos: [5], pad: 0 },
  });
  const rng = random('bench', 'text');
  const text = () => Int32Array.from({ length: T }, () => 10 + rng.int(240));
  const groups = Array.from({ length: B }, () => ({
    ids_L: Int32Array.of(6, 7),
    images: [],
    responses_G: [text()],
  }));
  const batch = buildBatch(groups, policy);
  const program = trainingProgram(
    policy,
    batch.layout,
    {
      gradientViews: [],
      arrays: [],
      coefficients: {},
      build: ({ logp, weight }) => ({ loss: t.neg(t.sum(t.mul(weight, logp))), terms: {} }),
    },
    1,
  );
  const executor = new LocalExecutor({ threads });
  const all = initialParameters(policy, random('bench', 'parameters'));
  const used = program.outputs
    .filter((o) => o.name.startsWith(GRADIENT))
    .map((o) => o.name.slice(GRADIENT.length));
  await executor.setParameters('current', Object.fromEntries(used.map((n) => [n, all.get(n)!.data])));
  await executor.open('train', program);
  const feeds = { ...batch.feeds, weight: new Float32Array(B * T).fill(1 / (B * T)) };
  const adam = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, gradClip: 1 };
  const seconds: number[] = [];
  for (let i = 0; i < repeats + 3; i++) {
    const start = performance.now();
    await executor.accumulate('train', feeds);
    await executor.step(adam);
    if (i >= 3) seconds.push((performance.now() - start) / 1000);
  }
  await executor.end();
  seconds.sort((a, b) => a - b);
  const middle = seconds[Math.floor(seconds.length / 2)];
  return {
    tokensPerSecond: Math.round((B * T) / middle),
    best: Math.round((B * T) / seconds[0]),
    stepSeconds: middle,
  };
}
