/** The parameters of a model by name and shape, and which of them learn; their values are held elsewhere. */

export interface ParameterSpec {
  /** The name that the parameter has here; on disk it may have another. */
  name: string;
  shape: number[];
}

/** How many numbers they are. */
export const sizeOf = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);

/**
 * Whether the parameter of a name is trained. Only such a one has a gradient, and moments in a checkpoint; the others are
 * frozen: they stay what the policy was opened with.
 */
export type Learns = (name: string) => boolean;

export const everything: Learns = () => true;

/** The trainable part of a policy, in its order. */
export const trainableOf = (parameters: readonly ParameterSpec[], learns: Learns): ParameterSpec[] =>
  parameters.filter(({ name }) => learns(name));
