/** Sampling: prompts to rollouts, in one run of a program or, where somebody listens, piece by piece. */
import { buildBatch, layoutKey } from '../../model/batch.ts';
import type { Policy } from '../../model/family.ts';
import { carriedNames, generationProgram, type Piece } from '../../model/generate.ts';
import type { Sampling } from '../../model/sampling.ts';
import { Weights } from '../../model/weights.ts';
import { random } from '../../random.ts';
import type { Feeds } from '../../tensor/session.ts';
import type { Prompt, Rollout, SampleOptions } from '../types.ts';
import { addPixels, cutRollouts, groupOf } from './arrays.ts';
import type { Executor } from './executor.ts';
import type { Programs } from './program-cache.ts';

export interface SamplerLimits {
  /** Rollouts of one program. */
  rollouts: number;
  /** Prompt lengths are rounded up to a multiple of this. */
  round: number;
  /** Turns of every piece where somebody listens; by time unless told. */
  piece?: number;
}

/** Turns of the next piece: the first token comes alone, then about ten pieces a second. */
export function nextPiece(turns: number, milliseconds: number): number {
  if (milliseconds < 75) return turns * 2;
  return milliseconds > 200 ? Math.max(1, Math.floor(turns / 2)) : turns;
}

export class Sampler {
  private readonly policy: Policy;
  private readonly executor: Executor;
  private readonly programs: Programs;
  private readonly limits: SamplerLimits;
  private streams = 0;

  constructor(policy: Policy, executor: Executor, programs: Programs, limits: SamplerLimits) {
    this.policy = policy;
    this.executor = executor;
    this.programs = programs;
    this.limits = limits;
  }

  async sample(prompts_P: Prompt[], options: SampleOptions): Promise<Rollout[][]> {
    const perRun = Math.max(1, Math.floor(this.limits.rollouts / options.samples));
    const out: Rollout[][] = [];
    for (let p = 0; p < prompts_P.length; p += perRun)
      out.push(...(await this.sampleSome(prompts_P.slice(p, p + perRun), options, p)));
    return out;
  }

  private async sampleSome(prompts: Prompt[], o: SampleOptions, first: number): Promise<Rollout[][]> {
    const c = this.policy;
    const view = o.view ?? 'original';
    const [P, G] = [prompts.length, o.samples];
    const groups = prompts.map((prompt) => groupOf({ prompt, responses_G: [] }, view));
    const batch = buildBatch(groups, c, { round: this.limits.round, block: o.maxTokens });
    const sampling: Sampling = o.temperature === 0 ? 'greedy' : o.topP < 1 ? 'nucleus' : 'full';
    const { topK: k = 0 } = o;
    const topK = sampling === 'greedy' || k >= c.decoder.vocabSize ? 0 : k;
    const drawing = topK === 0 ? sampling : `${sampling} of ${topK}`;
    const tokens = { ended: c.tokens.eos, banned: [c.tokens.image, c.tokens.video] };
    const program = (piece: Piece) =>
      this.programs.get(
        `sample ${piece === 'whole' ? '' : `${piece} `}${drawing} ${G} ${layoutKey(batch.layout)}`,
        () =>
          generationProgram(new Weights(c), c, batch.layout, G, 'view', sampling, tokens, { topK, piece }),
      );
    const feeds: Feeds = {
      ...batch.feeds,
      uniforms: uniformsOf(o, P, first),
      turns: BigInt64Array.of(BigInt(o.maxTokens)),
      temperature: Float32Array.of(o.temperature),
      topP: Float32Array.of(o.topP),
    };
    addPixels(feeds, batch, groups, c, 'view');
    if (!o.onTokens) {
      const got = await this.executor.run(await program('whole'), feeds, 'current');
      return cutRollouts(got.tokens as Int32Array, got.logprobs as Float32Array, P, G, c.tokens.eos);
    }
    return this.inPieces(program, feeds, { ...o, onTokens: o.onTokens }, { P, first });
  }

  /** The same bits as in one run: only where the loop is left and entered again differs. */
  private async inPieces(
    program: (piece: Piece) => Promise<string>,
    feeds: Feeds,
    { samples: G, maxTokens, onTokens }: SampleOptions & Required<Pick<SampleOptions, 'onTokens'>>,
    { P, first }: { P: number; first: number },
  ): Promise<Rollout[][]> {
    const B = P * G;
    const { eos } = this.policy.tokens;
    const tokens: Int32Array[] = [];
    const logprobs: Float32Array[] = [];
    const ended = new Uint8Array(B);
    const memory = `sample ${this.streams++}`;
    let size = this.limits.piece ?? 1;
    try {
      for (let turn = 0; turn < maxTokens && ended.includes(0); ) {
        const piece = turn === 0 ? 'first' : 'next';
        const handle = await program(piece);
        const began = performance.now();
        const got = await this.executor.run(
          handle,
          {
            ...feeds,
            turn: BigInt64Array.of(BigInt(turn)),
            turns: BigInt64Array.of(BigInt(Math.min(size, maxTokens - turn))),
          },
          'current',
          { name: memory, keep: carriedNames(this.policy.decoder, piece) },
        );
        const drawn = got.tokens as Int32Array;
        tokens.push(drawn);
        logprobs.push(got.logprobs as Float32Array);
        turn += drawn.length / B;
        size = this.limits.piece ?? nextPiece(size, performance.now() - began);
        const parts = cutRollouts(drawn, got.logprobs as Float32Array, P, G, eos);
        for (let b = 0; b < B; b++) {
          if (ended[b]) continue;
          const [p, g] = [Math.floor(b / G), b % G];
          const { tokens_T, stopReason } = parts[p][g];
          if (stopReason === 'stop') ended[b] = 1;
          onTokens(first + p, g, tokens_T);
        }
      }
    } finally {
      await this.executor.forget(memory);
    }
    return cutRollouts(joined(Int32Array, tokens), joined(Float32Array, logprobs), P, G, eos);
  }
}

/** [maxTokens, P·G]: every rollout has its own stream, whichever way the prompts are cut into programs. */
function uniformsOf(o: SampleOptions, P: number, first: number): Float32Array {
  const B = P * o.samples;
  const uniforms = new Float32Array(o.maxTokens * B);
  for (let p = 0; p < P; p++) {
    for (let g = 0; g < o.samples; g++) {
      const rng = random(o.seed, first + p, g);
      for (let j = 0; j < o.maxTokens; j++)
        uniforms[j * B + p * o.samples + g] = Math.floor(rng.next() * 2 ** 24) / 2 ** 24;
    }
  }
  return uniforms;
}

function joined<T extends Int32Array | Float32Array>(kind: new (length: number) => T, parts: T[]): T {
  const all = new kind(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
