import { expect, it } from 'vitest';
import { adamW, type Trainable } from './adamw.ts';

const settings = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, gradClip: 1 };

const trainable = (value: number[], gradient: number[]): Trainable => ({
  value: Float32Array.from(value),
  gradient: Float32Array.from(gradient),
  moment1: new Float32Array(value.length),
  moment2: new Float32Array(value.length),
});

const TORCH = [0.8197683095932007, -2.070415735244751, 2.8575072288513184];

it('follows torch.optim.AdamW with clip_grad_norm_ over two steps', () => {
  // torch 2.13: two steps on p = [1, -2, 3], gradients [3, 0, 4] then [0.1, 0.2, -0.3], clipped to norm 1.
  const p = trainable([1, -2, 3], [3, 0, 4]);
  expect(adamW([p], 1, settings).gradNorm).toBeCloseTo(5, 6);
  p.gradient.set([0.1, 0.2, -0.3]);
  adamW([p], 2, settings);
  TORCH.forEach((v, i) => {
    expect(p.value[i]).toBeCloseTo(v, 6);
  });
});

it('skips a gradient that is not finite and changes nothing', () => {
  const p = trainable([1, 2], [Number.NaN, 1]);
  expect(adamW([p], 1, settings).skipped).toBe(true);
  expect([...p.value, ...p.moment1, ...p.moment2]).toEqual([1, 2, 0, 0, 0, 0]);
});

it('decays weights even where the gradient is zero', () => {
  const p = trainable([1], [0]);
  adamW([p], 1, settings);
  expect(p.value[0]).toBeCloseTo(0.999, 6);
});
