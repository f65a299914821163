/**
 * Random numbers that are keyed, not consumed: a stream is named by the run's seed and by what it is for
 * (`random(seed, 'mask', step, promptId)`), so a resumed run draws what the uninterrupted one would have drawn.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** One element, uniformly. */
  pick<T>(items: readonly T[]): T;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** FNV-1a over the UTF-16 units, finished with murmur3's avalanche; four lanes seed xoshiro128**. */
function hash(text: string, lane: number): number {
  let h = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The stream named by `key`: equal keys give equal numbers on every machine. xoshiro128** (Blackman, Vigna 2018).
 *
 * @example
 * import { random } from 'papo';
 *
 * random(1, 'order').shuffle(['a', 'b', 'c', 'd']).join() === random(1, 'order').shuffle(['a', 'b', 'c', 'd']).join(); // true
 */
export function random(...key: readonly (string | number)[]): Random {
  const name = key.join('\u0000');
  let a = hash(name, 0);
  let b = hash(name, 1);
  let c = hash(name, 2);
  let d = hash(name, 3) | 1;
  const next = () => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 4294967296;
  };
  const int = (n: number) => Math.floor(next() * n);
  return {
    next,
    int,
    pick: (items) => items[int(items.length)],
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
  };
}
