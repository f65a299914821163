/** What is asked of a server with OpenAI's chat interface, and what it gives. */
import type { Patience } from './patience.ts';

export interface ChatRequest {
  system?: string;
  /** Texts and pictures (encoded bytes) in their order; a text's own `<image>` is sent as `[image]`. */
  parts: ({ text: string } | { image: Uint8Array })[];
  /** Answers that are wanted. */
  samples: number;
  temperature: number;
  topP: number;
  /** 0: all tokens. */
  topK: number;
  maxTokens: number;
  /** Answer i is drawn with seed + i, where the server draws by seeds. */
  seed?: number;
  signal?: AbortSignal;
  /** The answer is to be a JSON object, where the server can see to it. */
  json?: boolean;
}

export interface ChatChoice {
  text: string;
  finish: 'stop' | 'length' | 'failed';
  /** Its end token included; null where the server does not say. */
  tokens: number | null;
  error?: string;
}

export interface ChatServer {
  readonly url: string;
  readonly model: string;
  /** Requests under way at once. */
  readonly parallel: number;
  /** How it is asked, as far as that decides answers, known when it was opened. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * Always `samples` choices: what failed after all retries is a `failed` one with its reason.
   * @throws ServerError where nothing further can be asked: wrong key, no such model, no connection for minutes; the
   * reason of `signal` where that aborted
   */
  chat(request: ChatRequest): Promise<ChatChoice[]>;
  /**
   * The body of the answer to a request of one's own, retried likewise.
   * @throws ServerFailure, and what `chat` throws
   */
  send(body: Record<string, unknown>, options?: SendOptions): Promise<string>;
  close(): Promise<void>;
}

export interface SendOptions {
  signal?: AbortSignal;
  /** Where it is to be waited for less, or longer, than usual. */
  patience?: Partial<Patience>;
}

export interface ChatOptions {
  /** Base address, such as http://127.0.0.1:8000/v1. */
  url: string;
  /** The only one that it serves unless told. */
  model?: string;
  /** PAPO_API_KEY, else OPENAI_API_KEY, unless told. */
  key?: string;
  /** 8 unless told. */
  parallel?: number;
  /** For one request, 600 unless told. */
  timeoutSeconds?: number;
  /** Whether a picture is shown at once, so that a model that takes none is found out. */
  pictures?: boolean;
  signal?: AbortSignal;
  /** Hears, in a line for a person, when the server is waited for. */
  say?: (line: string) => void;
  patience?: Partial<Patience>;
}
