/** What can go wrong with a request, and what is then done. */
import { PapoError, quoted, systemCode } from '../../errors.ts';

/**
 * - `unreachable`: no connection could be made.
 * - `cut`: the connection broke before the answer was whole.
 * - `timeout`: no answer in time.
 * - `busy`: 429.
 * - `loading`: 503 of a server that is reading its model.
 * - `fault`: 408, 409, 500 and above.
 * - `refused`: 400, 413, 422 and the like: this request will never be answered.
 * - `hopeless`: no request will be: wrong key, no such model, a redirection.
 * - `malformed`: an answer that holds none.
 */
export type FailureKind =
  | 'unreachable'
  | 'cut'
  | 'timeout'
  | 'busy'
  | 'loading'
  | 'fault'
  | 'refused'
  | 'hopeless'
  | 'malformed';

export const RETRIED: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'unreachable',
  'cut',
  'timeout',
  'busy',
  'loading',
  'fault',
]);

/** One request that failed. Its message holds no key, and is for a person. */
export class ServerFailure extends Error {
  readonly kind: FailureKind;
  readonly status?: number;
  /** Milliseconds that the server asked to wait. */
  readonly wait?: number;
  /** Of a file on the server, a field of the request, a quota: as the server has it. */
  readonly code?: string;

  constructor(
    kind: FailureKind,
    words: string,
    more: { status?: number; wait?: number; code?: string; cause?: unknown } = {},
  ) {
    super(quoted(words, 400), { cause: more.cause });
    this.kind = kind;
    this.status = more.status;
    this.wait = more.wait;
    this.code = more.code;
  }
}

/** The body was longer than is read. */
export class TooLong extends Error {}

const UNREACHABLE = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
];
const CERTIFICATE = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL)/;

/** Of an error without an answer: no connection, a broken one, none in time. */
export function connectionFailure(error: unknown, timeoutSeconds: number): ServerFailure {
  if (error instanceof ServerFailure) return error;
  const cause = (error as { cause?: unknown } | null)?.cause ?? error;
  if (cause instanceof TooLong) return new ServerFailure('malformed', cause.message, { cause });
  const code = systemCode(cause) ?? String((cause as { code?: unknown } | null)?.code ?? '');
  if (UNREACHABLE.includes(code))
    return new ServerFailure('unreachable', `no connection (${code})`, { code, cause });
  if (CERTIFICATE.test(code))
    return new ServerFailure(
      'hopeless',
      `its certificate is not trusted (${code}); see NODE_EXTRA_CA_CERTS`,
      {
        code,
        cause,
      },
    );
  // The client gives no cause where its own clock ended the request.
  if (/timed? ?out/i.test(String((error as Error | null)?.message)))
    return new ServerFailure('timeout', `no whole answer in ${timeoutSeconds} s`, { cause });
  const words = code !== '' ? code : String((cause as Error | null)?.message ?? cause);
  return new ServerFailure('cut', `the connection broke (${words})`, { code, cause });
}

/** Of an answer whose status says that it is none. */
export function statusFailure(
  status: number,
  words: string,
  headers: Headers,
  code?: string,
  now = Date.now(),
): ServerFailure {
  const more = { status, code, wait: retryAfter(headers, now) };
  const said = `${status}${words === '' ? '' : `: ${words}`}`;
  if (status === 429 && code === 'insufficient_quota') return new ServerFailure('hopeless', said, more);
  if (status === 429) return new ServerFailure('busy', said, more);
  if (status === 503 && /load/i.test(words)) return new ServerFailure('loading', said, more);
  // llama.cpp calls these its own faults; asking again changes nothing.
  if (status >= 500 && /n_cmpl|not supported/i.test(words)) return new ServerFailure('refused', said, more);
  if (status === 408 || status === 409 || status >= 500) return new ServerFailure('fault', said, more);
  if ((status >= 300 && status < 400) || [401, 402, 403, 404, 405, 407].includes(status))
    return new ServerFailure('hopeless', said, more);
  return new ServerFailure('refused', said, more);
}

/** Milliseconds to wait, from seconds or a date; undefined where none are given. Source: RFC 9110, section 10.2.3. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = headers.get('retry-after-ms');
  if (milliseconds !== null && /^\d+(\.\d+)?$/.test(milliseconds)) return Number(milliseconds);
  const given = headers.get('retry-after')?.trim();
  if (!given) return undefined;
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1000;
  const date = Date.parse(given);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What the server says is wrong, out of the forms in which servers say it. */
export function wordsOf(body: string): { message: string; code?: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const text = body
      .replaceAll(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    return { message: quoted(text) };
  }
  const { error = json } = (json ?? {}) as { error?: unknown };
  if (typeof error === 'string') return { message: quoted(error, 400) };
  const { message, detail, code } = (error ?? {}) as Record<string, unknown>;
  const said = message ?? detail ?? error;
  return {
    message: quoted(typeof said === 'string' ? said : JSON.stringify(said), 400),
    ...(typeof code === 'string' && { code }),
  };
}

/** What ends a whole evaluation, for a person. */
export class ServerError extends PapoError {
  override name = 'ServerError';
}

/** @param path whether the address has one of its own, such as /v1 */
export function fatal(url: string, failure: ServerFailure, hasKey: boolean): ServerError {
  return new ServerError(`${url}: ${failure.message}; ${advice(url, failure, hasKey)}`, { cause: failure });
}

function advice(url: string, { kind, status, code, message }: ServerFailure, hasKey: boolean): string {
  if (kind === 'unreachable')
    return 'start the server or mend the address; an evaluation that has begun goes on where it stopped when the command is given again';
  if (kind === 'timeout') return 'see whether it is stuck, or give it more time (--timeout)';
  if (kind === 'loading') return 'it took too long to load its model; try again when it is ready';
  if (kind === 'malformed')
    return 'is this the address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1?';
  if (kind === 'cut') return 'see what the server says about it';
  if (status === 401 || status === 407)
    return hasKey
      ? 'the key in PAPO_API_KEY or OPENAI_API_KEY is not taken; set the right one'
      : 'it wants a key; set PAPO_API_KEY';
  if (code === 'insufficient_quota' || status === 402)
    return 'the account is used up; add to it or ask another server';
  if (status === 403) return 'the key may not do this; take another key or model';
  if (status === 404 || status === 405)
    return /\/v\d+$/.test(url)
      ? 'name a model that it serves (--model)'
      : `the address ends in /v1 with most servers: ${url}/v1`;
  if (status !== undefined && status < 400) return 'it sends elsewhere; name that address instead';
  if (status === 413) return 'lower data.maxPixels or raise the limit of the server';
  if (status === 429) return 'ask fewer at once (--parallel) or later';
  if (/\bimage|picture|multimodal|vision/i.test(message)) return 'serve a model that takes pictures';
  if (status !== undefined && status >= 500) return 'see what the server says about it and try again';
  return 'change the settings that it names';
}
