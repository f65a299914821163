/**
 * Requests over node:http, for the openai client to use in place of fetch. Node's own fetch gives up after five minutes
 * without headers, which is less than a long answer takes on a slow server, and it bounds neither the length of a body
 * nor, in the client, the time that one takes.
 */
import http from 'node:http';
import https from 'node:https';
import { TooLong, wordsOf } from './failure.ts';

/** Bytes of an answer that are read: scores of a prompt with 64 pictures come to a few MB. */
export const MOST_BYTES = 32 * 2 ** 20;

export interface Transport {
  /** Resolves when the whole body is there; what fails has the code of its system call. */
  fetch(url: string | URL | Request, init?: RequestInit): Promise<Response>;
  close(): void;
}

export function openTransport(parallel: number, mostBytes = MOST_BYTES): Transport {
  const options = { keepAlive: true, maxSockets: parallel };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  return {
    fetch(given, init = {}) {
      const url = new URL(given instanceof Request ? given.url : given);
      const secure = url.protocol === 'https:';
      const agent = secure ? agents['https:'] : agents['http:'];
      const headers = Object.fromEntries(new Headers(init.headers));
      const body = typeof init.body === 'string' ? Buffer.from(init.body) : undefined;
      if (body) headers['content-length'] = String(body.length);
      const { method = 'GET', signal } = init;
      return new Promise((resolve, reject) => {
        const request = (secure ? https : http).request(url, { method, headers, agent });
        const abort = () => request.destroy(new DOMException('This operation was aborted', 'AbortError'));
        const end = (give: () => void) => {
          signal?.removeEventListener('abort', abort);
          give();
        };
        const fail = (error: unknown) => end(() => reject(error));
        request.on('error', fail);
        request.on('response', (response) => {
          readAll(response, mostBytes).then(
            (text) => end(() => resolve(answer(response, text))),
            (error) => {
              request.destroy();
              fail(signal?.aborted ? new DOMException('This operation was aborted', 'AbortError') : error);
            },
          );
        });
        if (signal?.aborted) abort();
        signal?.addEventListener('abort', abort, { once: true });
        request.end(body);
      });
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

async function readAll(response: http.IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new TooLong(`an answer of over ${Math.round(mostBytes / 2 ** 20)} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Statuses with which a Response may have no body. */
const BODILESS = [101, 204, 205, 304];

function answer({ statusCode = 0, headers }: http.IncomingMessage, text: string): Response {
  const kept = new Headers();
  for (const name of ['content-type', 'retry-after', 'retry-after-ms', 'location'])
    if (typeof headers[name] === 'string') kept.set(name, headers[name]);
  // A Response has a status of 200 to 599.
  const status = statusCode >= 200 && statusCode <= 599 ? statusCode : 502;
  // The client reads the reason out of one form only.
  const body = status < 400 ? text : JSON.stringify({ error: wordsOf(text) });
  return new Response(BODILESS.includes(status) ? null : body, { status, headers: kept });
}
