/**
 * Questions to a server with OpenAI's chat interface. The client's own retries are off: they draw their waits unseeded,
 * cannot be interrupted, take any Retry-After, send nothing again where a body breaks off, and know no server that loads
 * its model.
 */
import { setMaxListeners } from 'node:events';
import type { OpenAI } from 'openai';
import { ImageError } from '../../errors.ts';
import { encodePng } from '../../vision/encode.ts';
import { choicesOf, failed } from './choices.ts';
import { Dialect, messagesOf } from './dialect.ts';
import { connectionFailure, fatal, ServerError, ServerFailure, statusFailure } from './failure.ts';
import { clientOf, keyOf, secretless, urlOf } from './open.ts';
import { Gate, PATIENCE, type Patience, patiently } from './patience.ts';
import type { Transport } from './transport.ts';
import type { ChatChoice, ChatOptions, ChatRequest, ChatServer, SendOptions } from './types.ts';

export type { ChatChoice, ChatOptions, ChatRequest, ChatServer } from './types.ts';

/**
 * Connects: finds the model, and asks one short question to learn which fields the server takes.
 * @throws ServerError where it cannot be asked, with what to do
 */
export async function openChat(options: ChatOptions): Promise<ChatServer> {
  const { parallel = 8, timeoutSeconds = 600 } = options;
  const url = urlOf(options.url);
  const key = keyOf(options.key);
  const { client, transport } = await clientOf({ url, key, parallel, timeoutSeconds });
  const server = new Server({ ...options, url, key, parallel, timeoutSeconds }, client, transport);
  try {
    await server.open(options.model, options.signal);
    return server;
  } catch (error) {
    transport.close();
    throw error;
  }
}

type Settled = ChatOptions & { key: string | undefined; parallel: number; timeoutSeconds: number };

/** Asked once, to learn what the server takes. */
export const OPENING = 'Write a number.';
/** Enough for two answers to differ in. */
const FIRST_TOKENS = 16;
/** A person waits for this: an address that is wrong should show at once. */
const AT_FIRST = { tries: 5, unreachable: 3000 };

interface Call extends SendOptions {
  method: 'GET' | 'POST';
  path: string;
  body?: Record<string, unknown>;
}

/** Large enough for every model, 4 patches of 28 pixels. */
const greyPicture = () => encodePng({ width: 56, height: 56, data: new Uint8Array(56 * 56 * 3).fill(128) });

class Server implements ChatServer {
  readonly url: string;
  readonly parallel: number;
  model = '';
  settings: Record<string, unknown> = {};
  private readonly dialect = new Dialect();
  private readonly gate: Gate;
  private patience: Patience;
  private requests = 0;
  /** Whether answers that were asked for together have ever differed. */
  private differed = false;
  private lastWords = 0;
  /** Why nothing can be asked any more. */
  private ended: Error | undefined;

  /** Held so that nothing that prints this object prints the key. */
  readonly #options: Settled;
  readonly #client: OpenAI;
  readonly #transport: Transport;

  constructor(options: Settled, client: OpenAI, transport: Transport) {
    this.#options = options;
    this.#client = client;
    this.#transport = transport;
    this.url = options.url;
    this.parallel = options.parallel;
    this.gate = new Gate(options.parallel);
    this.patience = { ...PATIENCE, ...AT_FIRST, ...options.patience };
  }

  async open(model: string | undefined, signal?: AbortSignal): Promise<void> {
    this.model = model ?? (await this.onlyModel(signal));
    const parts: ChatRequest['parts'] = [{ text: OPENING }];
    if (this.#options.pictures) parts.push({ image: await greyPicture() });
    const sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: FIRST_TOKENS, seed: 0 };
    try {
      const given = await this.together({ parts, samples: 2, ...sampling, signal }, 2, 0, true);
      if (given.length < 2) this.dialect.concede('single');
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      if (error.status === 404) throw await this.noSuchModel(error, signal);
      throw fatal(this.url, error, this.#options.key !== undefined);
    }
    const unsent = this.dialect.unsent;
    this.settings = {
      server: this.url,
      model: this.model,
      ...(unsent.length > 0 && { refused: unsent }),
      requests: this.dialect.has('single') ? 'one for each answer' : 'one for all answers to a question',
    };
    this.patience = { ...PATIENCE, ...this.#options.patience };
  }

  async chat(request: ChatRequest): Promise<ChatChoice[]> {
    const { samples, seed, signal } = request;
    const seedOf = (i: number) => (seed === undefined ? undefined : seed + i);
    const one = async (i: number) => (await this.counted(request, 1, seedOf(i)))[0];
    const first =
      samples > 1 && !this.dialect.has('single') ? await this.counted(request, samples, seed) : [];
    signal?.throwIfAborted();
    // One that gives some of them stays asked for all: only a lone answer shows that `n` is not read.
    if (first.length === 1) this.dialect.concede('single');
    const copies = await this.areCopies(first, request, one);
    const kept = copies ?? first;
    const rest = Array.from({ length: samples - kept.length }, (_, i) => one(kept.length + i));
    return [...kept, ...(await allOf(rest))];
  }

  async send(body: Record<string, unknown>, options: SendOptions = {}): Promise<string> {
    return this.request({ method: 'POST', path: '/chat/completions', body, ...options });
  }

  async close(): Promise<void> {
    this.#transport.close();
  }

  /**
   * Some servers draw all answers of a request with one seed: they are equal then. Until answers have differed, equal
   * ones are asked for again one by one; where those differ, each is asked for by itself from then on.
   * @returns the answers that are to be taken; undefined where nothing speaks against those given
   */
  private async areCopies(
    given: readonly ChatChoice[],
    { temperature, seed }: ChatRequest,
    one: (i: number) => Promise<ChatChoice>,
  ): Promise<ChatChoice[] | undefined> {
    if (this.differed || temperature === 0 || seed === undefined || given.length < 2) return undefined;
    if (given.some(({ finish }) => finish === 'failed')) return undefined;
    this.differed = given.some(({ text }) => text !== given[0].text);
    if (this.differed) return undefined;
    const again = await allOf(given.slice(1).map((_, i) => one(i + 1)));
    if (again.every(({ text, finish }) => finish === 'failed' || text === given[0].text)) return undefined;
    this.dialect.concede('single');
    return [given[0], ...again];
  }

  /** Answers to one request; where it failed, each of them says why. */
  private async counted(request: ChatRequest, n: number, seed?: number): Promise<ChatChoice[]> {
    try {
      return await this.together(request, n, seed, false);
    } catch (error) {
      if (!(error instanceof ServerFailure || error instanceof ImageError)) throw error;
      return Array.from({ length: n }, () => failed(error.message));
    }
  }

  /** @throws ServerFailure, ImageError */
  private async together(request: ChatRequest, n: number, seed: number | undefined, beginning: boolean) {
    const messages = await messagesOf(request);
    let refusal: ServerFailure | undefined;
    for (;;) {
      const body = this.dialect.body(this.model, messages, n, seed, request);
      try {
        const text = await this.send(body, { signal: request.signal });
        return choicesOf(text, n, request.maxTokens).map((choice) => this.clean(choice));
      } catch (error) {
        if (!(error instanceof ServerFailure) || error.kind !== 'refused') throw error;
        const concession = this.dialect.after(error.message, body, beginning);
        if (concession === undefined) {
          if (beginning) this.dialect.restore();
          throw refusal ?? error;
        }
        refusal ??= error;
        this.dialect.concede(concession);
      }
    }
  }

  /** @throws ServerFailure where only this request failed, ServerError where none can be answered */
  private async request(call: Call): Promise<string> {
    const { signal } = call;
    const key = [this.url, this.requests++];
    const waits = (failure: ServerFailure, ms: number) => {
      if (failure.kind === 'busy') this.gate.rest(ms);
      this.tell(failure, ms);
    };
    const waiting = { patience: { ...this.patience, ...call.patience }, signal, key, waits };
    try {
      return await this.gate.through(async () => {
        // Those that stand in line need not find out one after the other.
        if (this.ended) throw this.ended;
        return patiently(() => this.once(call), waiting);
      }, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ServerFailure)) throw error;
      const isFinal = error.kind === 'hopeless' || error.kind === 'unreachable';
      const isOpen = this.settings.model !== undefined;
      if (!isFinal || (error.status === 404 && !isOpen)) throw error;
      this.ended ??=
        error.status === 404
          ? await this.noSuchModel(error, signal)
          : fatal(this.url, error, this.#options.key !== undefined);
      throw this.ended;
    }
  }

  private async once({ method, path, body, signal }: Call): Promise<string> {
    const { timeoutSeconds } = this.#options;
    // The client leaves its listeners on the signal, which all requests of a run share.
    const own = new AbortController();
    const abort = () => own.abort();
    // As many listen as there are requests under way.
    if (signal) setMaxListeners(0, signal);
    signal?.addEventListener('abort', abort, { once: true });
    const wanted = { signal: own.signal, timeout: Math.ceil(timeoutSeconds * 1000), maxRetries: 0 };
    const { APIError } = await import('openai');
    try {
      const sent =
        method === 'GET' ? this.#client.get(path, wanted) : this.#client.post(path, { ...wanted, body });
      const response = await sent.asResponse();
      return await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof APIError && error.status !== undefined) {
        const { message = '', code } = (error.error ?? {}) as { message?: string; code?: string };
        const words = this.clean({ text: message }).text;
        throw statusFailure(error.status, words, error.headers ?? new Headers(), code);
      }
      throw connectionFailure(error, timeoutSeconds);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private async models(signal?: AbortSignal): Promise<string[]> {
    const listed = JSON.parse(await this.request({ method: 'GET', path: '/models', signal })) as {
      data?: { id?: unknown }[];
    } | null;
    const ids = Array.isArray(listed?.data) ? listed.data.map((model) => model?.id) : [];
    return ids.filter((id) => typeof id === 'string');
  }

  private async onlyModel(signal?: AbortSignal): Promise<string> {
    let models: string[];
    try {
      models = await this.models(signal);
    } catch (error) {
      if (error instanceof SyntaxError)
        throw fatal(this.url, new ServerFailure('malformed', 'its list of models is not JSON'), false);
      if (!(error instanceof ServerFailure)) throw error;
      throw fatal(this.url, error, this.#options.key !== undefined);
    }
    if (models.length === 1) return models[0];
    const serves = models.length === 0 ? 'it lists no model' : `it serves ${listOf(models)}`;
    throw new ServerError(`${this.url}: ${serves}; name the one to ask (--model)`);
  }

  private async noSuchModel(failure: ServerFailure, signal?: AbortSignal): Promise<Error> {
    const models = await this.models(signal).catch(() => []);
    const words = models.length > 0 ? `${failure.message} (it serves ${listOf(models)})` : failure.message;
    return fatal(this.url, new ServerFailure('hopeless', words, { status: failure.status }), false);
  }

  /** A server may give back what it was sent. */
  private clean<T extends { text: string; error?: string }>(choice: T): T {
    const { key } = this.#options;
    if (key === undefined) return choice;
    const error = choice.error === undefined ? {} : { error: secretless(choice.error, key) };
    return { ...choice, text: secretless(choice.text, key), ...error };
  }

  /** A line for the person who waits, not more than one in ten seconds. */
  private tell({ message }: ServerFailure, ms: number): void {
    const now = performance.now();
    if (ms < 1000 || now - this.lastWords < 10_000) return;
    this.lastWords = now;
    this.#options.say?.(`${this.url}: ${message}; asking again in ${Math.ceil(ms / 1000)} s`);
  }
}

const listOf = (models: readonly string[]) =>
  models.slice(0, 10).join(', ') + (models.length > 10 ? `, … ${models.length - 10} more` : '');

/** All results; the first failure is thrown when all have ended, so that none goes on unheard. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
