/**
 * A server with OpenAI's chat interface in a process of its own, that answers as it is told to. It knows nothing of the
 * rest of the program: `fake-server.testing.ts` starts it.
 *
 *     node fake-server-process.mjs SCRIPT.json ASKED.jsonl PORT
 */
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type FaultKind =
  | 'status'
  | 'fewer'
  | 'not JSON'
  | 'page'
  | 'empty'
  | 'cut'
  | 'half'
  | 'plain'
  | 'no choices'
  | 'null'
  | 'parts'
  | 'thought'
  | 'refusal'
  | 'filter'
  | 'length'
  | 'long'
  | 'huge'
  | 'never'
  | 'error'
  | 'echo'
  | 'die';

export interface Fault {
  do: FaultKind;
  /** Of `status`, with the message and headers that go with it. */
  status?: number;
  message?: string;
  headers?: Record<string, string>;
  /** Only requests whose texts hold this. */
  matching?: string;
  /** Only requests for more answers than this. */
  above?: number;
  /** Requests that it spares before it begins, and that it then meets; all unless told. */
  after?: number;
  times?: number;
  /** Whether the question of opening a server is met as well. */
  opening?: boolean;
}

export interface FakeScript {
  /** One unless told. */
  models?: string[];
  /** What requests must be signed with. */
  key?: string;
  faults?: Fault[];
  /** Milliseconds before an answer. */
  ms?: number;
  /** Answers of a request at most; 1: `n` is not read. */
  most?: number;
  /** Whether all answers of a request are drawn with one seed. */
  copies?: boolean;
  /** Fields that it answers with 400, naming them or not. */
  refuses?: string[];
  nameless?: boolean;
  /** Milliseconds after its start in which it loads its model. */
  loading?: number;
  /** Whether it has prompt_logprobs. */
  scores?: boolean;
  /** Whether it takes pictures; it does unless told. */
  pictures?: boolean;
  /** Answers to requests whose texts hold `matching`: the one at the seed, counted round. */
  replies?: { matching: string; texts: string[] }[];
  /** The question of opening a server. */
  opening?: string;
}

interface Part {
  type: string;
  text?: string;
  image_url?: { url: string };
}
interface Body {
  model: string;
  messages: { role: string; content: string | Part[] }[];
  n?: number;
  seed?: number;
  temperature: number;
  max_tokens?: number;
  max_completion_tokens?: number;
  prompt_logprobs?: number;
  add_generation_prompt?: boolean;
  continue_final_message?: boolean;
}

const [scriptFile, askedFile, port] = process.argv.slice(2);
const script = JSON.parse(readFileSync(scriptFile, 'utf8')) as FakeScript;
const models = script.models ?? ['fake-vl'];
const started = Date.now();
const met = new Map<Fault, number>();
let unseeded = 0;

const isOpening = (text: string) => script.opening !== undefined && text.startsWith(script.opening);

const textsOf = ({ messages }: Body) =>
  messages
    .flatMap(({ content }) =>
      typeof content === 'string' ? [content] : content.map((part) => part.text ?? '<picture>'),
    )
    .join('\n');

/** Equal for equal questions and seeds, in every process. */
function answerTo(body: Body, i: number): string {
  const seed = body.temperature === 0 ? 0 : (body.seed ?? 1_000_000 + unseeded++) + (script.copies ? 0 : i);
  const text = textsOf(body);
  const reply = script.replies?.find(({ matching }) => text.includes(matching));
  if (reply) return reply.texts[seed % reply.texts.length];
  const digest = createHash('sha256')
    .update(JSON.stringify([body.messages, seed]))
    .digest();
  const words = ['I', 'look', 'at', 'the', 'picture', 'and', 'count'].slice(0, 2 + (digest[1] % 6)).join(' ');
  return `<think>${words}.</think> \\boxed{${digest[0] % 10}}`;
}

const countOf = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;

function completion(body: Body, { kind, key }: { kind?: FaultKind; key?: string }) {
  const asked = body.n ?? 1;
  const n = Math.min(asked, script.most ?? asked, kind === 'fewer' ? Math.max(1, asked - 2) : asked);
  const choices = Array.from({ length: n }, (_, index) => {
    const text = answerTo(body, index);
    const message: Record<string, unknown> = { role: 'assistant', content: text };
    let reason = 'stop';
    if (kind === 'null') message.content = null;
    if (kind === 'echo') message.content = `you sent ${key}`;
    if (kind === 'parts')
      message.content = [
        { type: 'text', text: text.slice(0, 5) },
        { type: 'text', text: text.slice(5) },
      ];
    if (kind === 'thought')
      Object.assign(message, { content: ' \\boxed{7}', reasoning_content: 'I count seven.' });
    if (kind === 'refusal') Object.assign(message, { content: null, refusal: 'I may not say.' });
    if (kind === 'filter') reason = 'content_filter';
    if (kind === 'length') reason = 'length';
    if (kind === 'long') message.content = 'x'.repeat(5_000_000);
    return { index, message, finish_reason: reason, logprobs: null };
  });
  const texts = choices.map(({ message }) => String(message.content));
  const usage = {
    prompt_tokens: tokensOf(body).length,
    completion_tokens: texts.reduce((sum, text) => sum + countOf(text) + 1, 0),
  };
  // Not in the order of their numbers, as servers may send them.
  return { id: 'chat-1', object: 'chat.completion', model: body.model, choices: choices.reverse(), usage };
}

/** Words as tokens, in a chat template like Qwen's. */
function tokensOf(body: Body): string[] {
  const last = body.messages.at(-1);
  const open = last?.role === 'assistant' && body.continue_final_message === true;
  const tokens = body.messages.flatMap(({ role, content }) => [
    `<|${role}|>`,
    ...(typeof content === 'string' ? content : content.map((part) => part.text ?? '<picture>').join(' '))
      .split(/\s+/)
      .filter((word) => word !== ''),
    ...(role === 'assistant' && open ? [] : ['<|im_end|>', '\n']),
  ]);
  return body.add_generation_prompt === false ? tokens : [...tokens, '<|assistant|>'];
}

/** The log-probability that a token has here. */
const logprobOf = (token: string) => -(1 + (token.length % 7)) / 10;

function promptLogprobs(body: Body) {
  return tokensOf(body).map((token, i) => {
    if (i === 0) return null;
    const own = { logprob: logprobOf(token), rank: 1 + (i % 2), decoded_token: token };
    const likelier = { logprob: -0.01, rank: 1, decoded_token: 'likelier' };
    return own.rank === 1 ? { '7': own } : { '5': likelier, '9': own };
  });
}

function faultOf(text: string, n: number): Fault | undefined {
  for (const fault of script.faults ?? []) {
    if (fault.matching !== undefined && !text.includes(fault.matching)) continue;
    if (isOpening(text) && !fault.opening) continue;
    if (fault.above !== undefined && n <= fault.above) continue;
    const count = (met.get(fault) ?? 0) + 1;
    met.set(fault, count);
    const after = fault.after ?? 0;
    if (count > after && count <= after + (fault.times ?? Number.POSITIVE_INFINITY)) return fault;
  }
  return undefined;
}

function send(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Record<string, string> = {},
): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  return response.end(typeof json === 'string' ? json : JSON.stringify(json));
}
const error = (message: string, code?: string) => ({
  error: { message, type: 'error', ...(code && { code }) },
});

function chat(body: Body, response: ServerResponse, key: string | undefined): unknown {
  const refused = (script.refuses ?? []).find((field) => field in body);
  if (refused !== undefined)
    return send(response, 400, error(script.nameless ? 'Bad request' : `Unrecognized argument: ${refused}`));
  const text = textsOf(body);
  if (script.pictures === false && text.includes('<picture>'))
    return send(response, 400, error(`${body.model} is not a multimodal model`));
  if (!models.includes(body.model))
    return send(response, 404, error(`The model ${body.model} does not exist`));
  const fault = faultOf(text, body.n ?? 1);
  const kind = fault?.do;
  if (kind === 'never') return undefined;
  if (kind === 'die') process.exit(9);
  if (fault && kind === 'status')
    return send(response, fault.status ?? 500, error(fault.message ?? 'it failed'), fault.headers);
  if (kind === 'page')
    return send(response, 200, '<html><head><title>Gateway</title></head><body>Sign in</body></html>', {
      'content-type': 'text/html',
    });
  if (kind === 'empty') return send(response, 200, '');
  if (kind === 'no choices')
    return send(response, 200, { id: 'chat-1', object: 'chat.completion', choices: [] });
  if (kind === 'error') return send(response, 200, error('out of memory'));
  const json = JSON.stringify({
    ...completion(body, { kind, key }),
    ...(script.scores && body.prompt_logprobs !== undefined && { prompt_logprobs: promptLogprobs(body) }),
  });
  if (kind === 'not JSON') return send(response, 200, `${json.slice(0, 40)} oops`);
  if (kind === 'half') return send(response, 200, json.slice(0, json.length / 2));
  if (kind === 'plain') return send(response, 200, json, { 'content-type': 'text/plain' });
  if (kind === 'huge') return send(response, 200, `{"choices":[],"pad":"${'x'.repeat(40 * 2 ** 20)}"}`);
  if (kind === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(json.length) });
    response.write(json.slice(0, json.length / 2), () => response.destroy());
    return undefined;
  }
  return send(response, 200, json);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const signed = request.headers.authorization;
  const at = Date.now() - started;
  const isChat = request.url === '/v1/chat/completions';
  const body = isChat ? (JSON.parse(Buffer.concat(chunks).toString()) as Body) : undefined;
  const { authorization: _, ...headers } = request.headers;
  const text = body ? textsOf(body) : '';
  appendFileSync(
    askedFile,
    `${JSON.stringify({ at, path: request.url, text, body, headers, signed: signed !== undefined })}\n`,
  );
  if (script.key !== undefined && signed !== `Bearer ${script.key}`)
    return send(response, 401, error(`Incorrect API key provided: ${signed}`, 'invalid_api_key'));
  if (at < (script.loading ?? 0))
    return send(response, 503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
  if (request.url === '/v1/models')
    return send(response, 200, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) });
  if (!body) return send(response, 404, { detail: 'Not Found' });
  return setTimeout(() => chat(body, response, signed), script.ms ?? 0);
}

const server = createServer((request, response) => void handle(request, response));
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
process.on('disconnect', () => process.exit());
