/** Rollout speed of a policy: 256 rollouts (32 questions × 8) of the built-in tasks. */
import { openOnnxEngine } from '../src/engine/onnx/engine.ts';
import { buildBatch, pixelFeed } from '../src/model/batch.ts';
import { readCheckpoint } from '../src/model/checkpoint.ts';
import { generationProgram } from '../src/model/generate.ts';
import { Weights } from '../src/model/weights.ts';
import { random } from '../src/random.ts';
import { Session } from '../src/tensor/session.ts';
import { questions } from './questions.ts';

const [P, G, T] = [32, 8, 64];

export async function rolloutSpeed(dir: string, threads: number, repeats = 8) {
  const prompts = questions(dir, P);
  const checkpoint = readCheckpoint(dir);
  const c = checkpoint.policy;
  const groups = prompts.map((p) => ({
    ids_L: p.ids_L,
    images: p.views.original,
    responses_G: [],
  }));
  const batch = buildBatch(groups, c, { round: 16, block: T });
  const rng = random('bench', 'uniforms');
  const feeds = {
    ...Object.fromEntries([...checkpoint.parameters].map(([n, p]) => [n, p.data])),
    ...batch.feeds,
    'original.pixels': pixelFeed(
      batch,
      groups.flatMap((g) => g.images),
      c,
    ),
    uniforms: Float32Array.from({ length: T * P * G }, () => rng.next() * 0.999),
    turns: BigInt64Array.of(BigInt(T)),
    temperature: Float32Array.of(1),
    topP: Float32Array.of(0.99),
  };
  const banned = [c.tokens.image, c.tokens.video];
  const full = generationProgram(new Weights(c), c, batch.layout, G, 'original', 'full', {
    ended: [],
    banned,
  });
  const nucleus = generationProgram(new Weights(c), c, batch.layout, G, 'original', 'nucleus', {
    ended: [],
    banned,
  });
  const sessions = {
    full: await Session.create(full, { threads }),
    nucleus: await Session.create(nucleus, { threads }),
  };
  const engine = await openOnnxEngine({ checkpointDir: dir, threads, inProcess: true });
  const seconds: Record<string, number[]> = { full: [], nucleus: [], answers: [] };
  let answerTokens = 0;
  for (let i = 0; i < repeats + 2; i++) {
    for (const kind of ['full', 'nucleus'] as const) {
      const start = performance.now();
      await sessions[kind].run(feeds);
      if (i >= 2) seconds[kind].push((performance.now() - start) / 1000);
    }
    const start = performance.now();
    const out = await engine.sample(prompts, {
      samples: G,
      maxTokens: T,
      temperature: 1,
      topP: 1,
      seed: 'bench',
    });
    if (i >= 2) seconds.answers.push((performance.now() - start) / 1000);
    answerTokens = out.flat().reduce((n, r) => n + r.tokens_T.length, 0);
  }
  await engine.close();
  for (const s of Object.values(sessions)) await s.close();
  const speed = (kind: string, tokens: number) => {
    const sorted = [...seconds[kind]].sort((a, b) => a - b);
    return {
      tokensPerSecond: Math.round(tokens / sorted[sorted.length >> 1]),
      best: Math.round(tokens / sorted[0]),
    };
  };
  return {
    rollouts: P * G,
    /** Every rollout runs to its full length, prefill included: the engine's speed. */
    fullLength: { tokens: P * G * T, ...speed('full', P * G * T) },
    fullLengthTopP: { tokens: P * G * T, ...speed('nucleus', P * G * T) },
    /** Real answers: tokens up to the end token count, the batch runs until its longest answer ends. */
    answers: { tokens: answerTokens, ...speed('answers', answerTokens) },
  };
}
