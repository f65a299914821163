/** The parameters of a model by name and shape; their values are held elsewhere. */

export interface ParameterSpec {
  /** The name that the parameter has here; on disk it may have another. */
  name: string;
  shape: number[];
}

/** How many numbers they are. */
export const sizeOf = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
