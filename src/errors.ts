/**
 * Every failure that a user can mend: the message is one line that names what is wrong, where, and what to do.
 * The command line prints it alone; anything else that is thrown is a fault of ours and keeps its stack.
 */
export class PapoError extends Error {
  override name = 'PapoError';
}

/** A setting with an unknown key or a value outside what is allowed. */
export class ConfigError extends PapoError {
  override name = 'ConfigError';
}

/** A data row or file that cannot be read. */
export class DataError extends PapoError {
  override name = 'DataError';
}

/** A picture that cannot be decoded or is too small or too long to be cut into patches. */
export class ImageError extends PapoError {
  override name = 'ImageError';
}

/** A checkpoint directory that lacks something or holds it in the wrong form. */
export class CheckpointError extends PapoError {
  override name = 'CheckpointError';
}

/** A graph that was put together wrongly: shapes that do not fit, a gradient that is not defined. */
export class GraphError extends PapoError {
  override name = 'GraphError';
}
