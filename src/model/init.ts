/** The parameters of a policy that starts from nothing. */
import type { Random } from '../random.ts';
import type { Policy } from './family.ts';
import type { HostTensor } from './safetensors.ts';

/** Matrices are normal with the deviation that the family gives them; norms start at 1, biases at 0. */
export function initialParameters(policy: Policy, rng: Random): Map<string, HostTensor> {
  const out = new Map<string, HostTensor>();
  for (const { name, shape } of policy.parameters) {
    const data = new Float32Array(shape.reduce((n, d) => n * d, 1));
    if (shape.length === 1) {
      if (name.endsWith('.weight')) data.fill(1);
    } else {
      const deviation = policy.deviation(name, data.length / shape[0]);
      for (let i = 0; i < data.length; i++) data[i] = rng.normal() * deviation;
    }
    out.set(name, { shape, data });
  }
  return out;
}
