/** The order in which rows are visited: epochs of shuffled indices, keyed by seed and epoch, so that a resumed run goes on
 * where the killed one stood. */
import { DataError } from '../errors.ts';
import { random } from '../random.ts';

export interface SamplerState {
  /** Rows of the data: a sampler of other data cannot take this state. */
  length: number;
  epoch: number;
  /** Indices of this epoch that were given out. */
  position: number;
}

export interface Sampler {
  /** The next n indices; an epoch that ends within them is followed by the next one. */
  next(n: number): number[];
  state(): SamplerState;
  /** @throws DataError where the state is of other data */
  restore(state: SamplerState): void;
}

/** A sampler over `length` rows; without `shuffle`, in order. */
export function sampler(length: number, seed: string | number, { shuffle = true } = {}): Sampler {
  if (!Number.isInteger(length) || length < 1)
    throw new DataError(`sampler: ${length} rows to sample from; give data with at least one usable row`);
  const all = Array.from({ length }, (_, i) => i);
  const orderOf = (epoch: number) => (shuffle ? random(seed, 'epoch', epoch).shuffle(all) : all);
  let [epoch, position, order] = [0, 0, orderOf(0)];
  return {
    next(n) {
      const out: number[] = [];
      while (out.length < n) {
        if (position === length) {
          epoch++;
          position = 0;
          order = orderOf(epoch);
        }
        out.push(order[position++]);
      }
      return out;
    },
    state: () => ({ length, epoch, position }),
    restore(state) {
      if (state.length !== length) {
        throw new DataError(
          `sampler: the checkpoint was made with ${state.length} rows, the data has ${length}; resume with the same data`,
        );
      }
      ({ epoch, position } = state);
      order = orderOf(epoch);
    },
  };
}
