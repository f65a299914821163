/**
 * Every failure that a user can mend: the message is one line that names what is wrong, where, and what to do.
 * The command line prints it alone; anything else that is thrown is a fault of ours and keeps its stack.
 */
export class PapoError extends Error {
  override name = 'PapoError';

  /** Line breaks and other control characters are escaped, so that the message is one line whatever it quotes. */
  constructor(message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
  }
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

/** A run folder that is in use, damaged as a whole, or gone. */
export class RunError extends PapoError {
  override name = 'RunError';
}

/** A graph that was put together wrongly: shapes that do not fit, a gradient that is not defined. */
export class GraphError extends PapoError {
  override name = 'GraphError';
}

/** The machine's own numbers contradict each other. */
export class SelfCheckError extends PapoError {
  override name = 'SelfCheckError';
}

/** A person's own function (reward, mask) that fails, hangs or gives back what it may not. */
export class UserFunctionError extends PapoError {
  override name = 'UserFunctionError';
}

/** Characters of a person's value that a message quotes at most. */
const QUOTED = 200;
/** Characters of a whole message; its end, which says what to do, is kept. */
const MESSAGE = 2000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** The text on one line, without what a terminal would obey; a very long one loses its middle. */
function oneLine(text: string): string {
  const short = text.length > MESSAGE ? `${text.slice(0, MESSAGE - 500)}…${text.slice(-500)}` : text;
  return short.replace(CONTROL, (c) =>
    c === '\n' || c === '\r' || c === '\t' ? ' ' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A value of a person for a message, cut after 200 characters. */
export function quoted(text: string, most = QUOTED): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}

/** The code of a failed system call (`EACCES`) or of an argument that Node refuses; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) ? code : undefined;
}

export interface SystemAdvice {
  /** What to do where nothing lies at the path; `check the path` unless told. */
  missing?: string;
  /** What to choose where this place will not do; `choose another folder` or `choose another file` unless told. */
  instead?: string;
}

/**
 * What a failed system call means and what helps, to follow a path in a message:
 * `cannot be written (EROFS): the file system is read-only; choose another folder`.
 */
export function systemFailure(error: unknown, doing: 'read' | 'write', advice: SystemAdvice = {}): string {
  const code = systemCode(error);
  const write = doing === 'write';
  const verb = write ? 'cannot be written' : 'cannot be read';
  if (code === undefined)
    return `${verb}: ${String((error as Error | null)?.message ?? error).split('\n')[0]}`;
  return `${verb} (${code}): ${reasonOf(code, write, advice)}`;
}

function reasonOf(code: string, write: boolean, advice: SystemAdvice): string {
  const instead = advice.instead ?? `choose another ${write ? 'folder' : 'file'}`;
  switch (code) {
    case 'ENOENT':
      if (write) return `the folder that it would lie in does not exist; make it first, or ${instead}`;
      return `nothing is there; ${advice.missing ?? 'check the path'}`;
    case 'ENOTDIR':
      return `a part of the path is a file, not a folder; ${instead}`;
    case 'EISDIR':
      return `it is a folder; ${write ? instead : (advice.missing ?? 'name a file')}`;
    case 'EEXIST':
    case 'ENOTEMPTY':
      return `something of that name is there already; ${instead}`;
    case 'EACCES':
    case 'EPERM':
      return `you have no permission to ${write ? 'write' : 'read'} there; ask for it (chmod, chown), or ${instead}`;
    case 'EROFS':
      return `the file system is read-only; ${instead}`;
    case 'ENOSPC':
      return 'the disk is full; free some space or choose a folder on another disk';
    case 'EDQUOT':
      return 'your disk quota is used up; free some space or choose a folder on another disk';
    case 'EFBIG':
      return 'the file grew larger than the file system or your limits (ulimit -f) allow; choose a folder on another disk';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; close some programs, or raise the limit (ulimit -n)';
    case 'ELOOP':
      return `its links lead in a circle; mend them, or ${instead}`;
    case 'ENAMETOOLONG':
      return `the name is too long; ${instead}`;
    case 'EBUSY':
    case 'ETXTBSY':
      return 'another program holds it; try again when that has ended';
    case 'EIO':
    case 'ESTALE':
      return `the disk or its connection failed; check it, or ${instead}`;
    case 'ERR_INVALID_ARG_VALUE':
      return `the path holds a NUL character; ${advice.missing ?? 'check the path'}`;
    default:
      return `the system refused it; ${advice.missing ?? instead}`;
  }
}
