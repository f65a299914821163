/** A small HTTP server that answers as the hub does for data sets: info, tree, resolve with range, etag and redirect. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubServer {
  url: string;
  /** `GET /path` of every request, in order. */
  asked: string[];
  /** Authorization of every request. */
  tokens: (string | undefined)[];
  /** How the bytes of a file come: cut off in the middle, or others than listed; whole unless set. */
  fault: Map<string, 'cut' | 'other'>;
  /** Data sets that want a token. */
  gated: Set<string>;
  close(): Promise<void>;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export async function hubServer(repos: Record<string, Record<string, Buffer>>): Promise<HubServer> {
  const state = {
    asked: [] as string[],
    tokens: [] as (string | undefined)[],
    fault: new Map<string, 'cut' | 'other'>(),
    gated: new Set<string>(),
  };
  const json = (response: ServerResponse, status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0]);
    state.asked.push(`${request.method} ${path}`);
    state.tokens.push(request.headers.authorization);
    const [, repo = ''] = /^\/(?:api\/datasets|datasets|cdn)\/([^/]+\/[^/]+)/.exec(path) ?? [];
    const files = repos[repo];
    if (!files) return json(response, 404, { error: 'Repository not found' });
    if (state.gated.has(repo) && request.headers.authorization !== 'Bearer hf_good')
      return json(response, 401, { error: `Access to dataset ${repo} is restricted.` });
    if (path.startsWith(`/api/datasets/${repo}/revision/`))
      return json(response, 200, { _id: '1', id: repo, sha: COMMIT, lastModified: '2026-01-01T00:00:00Z' });
    if (path.startsWith(`/api/datasets/${repo}/tree/${COMMIT}`))
      return json(
        response,
        200,
        Object.entries(files).map(([name, bytes]) => entryOf(name, bytes)),
      );
    const name = path.replace(`/datasets/${repo}/resolve/${COMMIT}/`, '').replace(`/cdn/${repo}/`, '');
    const bytes = files[name];
    if (!bytes) return json(response, 404, { error: 'Entry not found' });
    // Large files are kept elsewhere on the hub.
    if (isLarge(name) && path.startsWith('/datasets/')) {
      response.writeHead(302, { location: `/cdn/${repo}/${encodeURI(name)}` });
      return response.end();
    }
    send(request, response, bytes, state.fault.get(name));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const isLarge = (name: string) => /\.(parquet|zip)$/.test(name);

function entryOf(path: string, bytes: Buffer) {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const lfs = { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 133 };
  return { type: 'file', path, size: bytes.length, oid, ...(isLarge(path) && { lfs }) };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  fault: 'cut' | 'other' | undefined,
) {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to) + 1, bytes.length) : bytes.length;
  const part = Buffer.from(bytes.subarray(start, end));
  response.writeHead(from === undefined ? 200 : 206, {
    etag: `"${createHash('sha256').update(bytes).digest('hex')}"`,
    'accept-ranges': 'bytes',
    'content-length': part.length,
    ...(from !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
  });
  if (fault === undefined || part.length < 2) return void response.end(part);
  if (fault === 'other') return void response.end(part.fill(0, part.length >> 1));
  response.write(part.subarray(0, part.length >> 1), () => response.destroy());
}
