/** Address, key and client of a server. */
import type { OpenAI } from 'openai';
import { ServerError } from './failure.ts';
import { openTransport, type Transport } from './transport.ts';

/** @throws ServerError for what is no address of a server */
export function urlOf(given: string): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new ServerError(`${given}: not an address; give one such as http://127.0.0.1:8000/v1`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ServerError(
      `${url.protocol}//${url.host}: the address of a server starts with http:// or https://`,
    );
  if (url.username !== '' || url.password !== '')
    throw new ServerError(
      `${url.protocol}//${url.host}: a name or password in the address would be written into files; set PAPO_API_KEY instead`,
    );
  if (url.search !== '' || url.hash !== '')
    throw new ServerError(
      `${url.origin}${url.pathname}: leave out what follows the path of the address (? or #)`,
    );
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`.replace(/\/chat\/completions$/, '');
}

/** @throws ServerError for a key that no header can hold */
export function keyOf(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const key = (given ?? (env.PAPO_API_KEY || env.OPENAI_API_KEY))?.trim();
  if (!key) return undefined;
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ServerError(
      'PAPO_API_KEY or OPENAI_API_KEY: holds white space or other characters that no key has; set it again',
    );
  return key;
}

/** A key shorter than this (`EMPTY`, `none`) is no secret, and would be found within words. */
const SECRET = 8;

/** The text without the key. */
export const secretless = (text: string, key: string): string =>
  key.length < SECRET ? text : text.replaceAll(key, '[key]');

/** What the client tells of this machine; no server needs it. */
const UNTOLD = [
  'Lang',
  'Package-Version',
  'OS',
  'Arch',
  'Runtime',
  'Runtime-Version',
  'Retry-Count',
  'Timeout',
];

/** The client takes further settings from the environment; these are given, so that it does not. */
export async function clientOf(options: {
  url: string;
  key: string | undefined;
  parallel: number;
  timeoutSeconds: number;
}): Promise<{ client: OpenAI; transport: Transport }> {
  const { OpenAI } = await import('openai');
  const { url, key, parallel, timeoutSeconds } = options;
  const transport = openTransport(parallel);
  const client = new OpenAI({
    baseURL: url,
    apiKey: key ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: timeoutSeconds * 1000,
    fetch: (request, init) => transport.fetch(request, init),
    defaultHeaders: {
      ...Object.fromEntries(UNTOLD.map((name) => [`X-Stainless-${name}`, null])),
      'User-Agent': 'papo',
      ...(key === undefined && { Authorization: null }),
    },
  });
  return { client, transport };
}
