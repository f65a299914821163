/** Files of a data set on the Hugging Face hub, in the cache that Python's programs share. */
import { createHash } from 'node:crypto';
import { createWriteStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ListFileEntry } from '@huggingface/hub';
import { DataError, PapoError, systemCode, systemFailure } from '../../errors.ts';
import { cachedRevision, cacheFolder, hasFile, keep, snapshotFolder, writeRevision } from './hub-cache.ts';
import type { OpenOptions } from './suite.ts';

export interface Snapshot {
  /** Folder with the files in the places that they have in the data set. */
  dir: string;
  /** The commit. */
  revision: string;
}

export interface Wanted {
  /** owner/name */
  repo: string;
  /** The main branch unless told. */
  revision?: string;
  wanted: (path: string) => boolean;
}

/** Times that a file is asked for where the connection breaks. */
const TRIES = 3;
/** Between two lines of progress, milliseconds. */
const LINE_MS = 2000;

const MB = 1e6;

/** Where the hub is, if not at its usual address. */
const endpoint = (): string | undefined => process.env.HF_ENDPOINT?.replace(/\/+$/, '') || undefined;

const isOffline = (): boolean => /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? '');

/**
 * The wanted files of a data set. What the cache has is not asked for again; with `options.hub` (and without HF_HUB_OFFLINE)
 * the rest is fetched, from HF_ENDPOINT where that is set, with HF_TOKEN where that is set.
 * @throws DataError where a file is not there and cannot be had
 */
export async function snapshotOf(ask: Wanted, options: OpenOptions): Promise<Snapshot> {
  const { repo, wanted } = ask;
  const known = ask.revision ?? cachedRevision(repo);
  const cached = known === undefined ? [] : filesIn(snapshotFolder(repo, known)).filter(wanted);
  const isNamed = ask.revision !== undefined && cached.length > 0 && isWhole(cached);
  if (known !== undefined && (isNamed || ((!options.hub || isOffline()) && cached.length > 0)))
    return { dir: snapshotFolder(repo, known), revision: known };
  if (!options.hub || isOffline())
    throw new DataError(
      `${repo}: not in the cache of the hub (${cacheFolder()}); ${isOffline() ? 'unset HF_HUB_OFFLINE' : 'fetch it with --hub'}, or name a folder that has it`,
    );
  try {
    return await fetchSnapshot(ask, options);
  } catch (error) {
    throw error instanceof PapoError || options.signal?.aborted ? error : failure(repo, error);
  }
}

/** Paths of the files below a folder. */
function filesIn(dir: string, under = ''): string[] {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(dir).flatMap((name) => {
    const path = under === '' ? name : `${under}/${name}`;
    const found = statSync(join(dir, name), { throwIfNoEntry: false });
    return found?.isDirectory() ? filesIn(join(dir, name), path) : found?.isFile() ? [path] : [];
  });
}

/** Whether no shard of several is missing. */
const isWhole = (paths: readonly string[]): boolean =>
  paths.every((path) => {
    const count = /-\d{5}-of-(\d{5})/.exec(path)?.[1];
    const stem = path.replace(/-\d{5}-of-.*$/, '');
    return count === undefined || paths.filter((p) => p.startsWith(`${stem}-`)).length >= Number(count);
  });

async function fetchSnapshot({ repo, revision, wanted }: Wanted, options: OpenOptions): Promise<Snapshot> {
  const hub = await import('@huggingface/hub');
  const { signal, progress = () => {} } = options;
  const accessToken = process.env.HF_TOKEN || undefined;
  const access = {
    ...(endpoint() && { hubUrl: endpoint() }),
    ...(accessToken && { accessToken }),
    fetch: ((url, init) => fetch(url, { ...init, ...(signal && { signal }) })) as typeof fetch,
  };
  const info = await hub.datasetInfo({
    name: repo,
    additionalFields: ['sha'],
    ...(revision && { revision }),
    ...access,
  });
  const commit = info.sha;
  const target = { type: 'dataset', name: repo } as const;
  const files: ListFileEntry[] = [];
  for await (const entry of hub.listFiles({ repo: target, recursive: true, revision: commit, ...access }))
    if (entry.type === 'file' && wanted(entry.path)) files.push(entry);
  if (files.length === 0)
    throw new DataError(
      `${repo}: has none of the files that are looked for; its layout changed, download it yourself and name the folder`,
    );
  const missing = files.filter(({ path }) => !hasFile(repo, commit, path));
  const total = missing.reduce((sum, entry) => sum + sizeOf(entry), 0);
  const start = Date.now();
  let [done, told] = [0, 0];
  const tell = (path: string, bytes: number, always = false) => {
    done += bytes;
    if (!always && Date.now() - told < LINE_MS) return;
    told = Date.now();
    const left = done === 0 ? '' : `, ${Math.ceil((((told - start) / done) * (total - done)) / 1000)} s left`;
    progress(`${repo}: ${path}: ${(done / MB).toFixed(1)} of ${(total / MB).toFixed(1)} MB${left}`);
  };
  for (const entry of missing) {
    const { path } = entry;
    tell(path, 0, true);
    const ask = () => hub.downloadFile({ repo: target, path, revision: commit, ...access });
    await keep(repo, commit, path, etagOf(repo, entry), (aside) =>
      download(repo, entry, ask, aside, (bytes) => tell(path, bytes), signal),
    );
  }
  if (revision === undefined) await writeRevision(repo, commit);
  return { dir: snapshotFolder(repo, commit), revision: commit };
}

const sizeOf = (entry: ListFileEntry): number => entry.lfs?.size ?? entry.size;

/** What the cache calls the file's bytes; a name, whatever the hub says. */
function etagOf(repo: string, { path, lfs, oid, xetHash }: ListFileEntry): string {
  const etag = lfs?.oid ?? xetHash ?? oid ?? '';
  const leads = path.split(/[\\/]/).some((part) => part === '..' || part === '' || /^[a-z]:/i.test(part));
  if (leads || !/^[\w-]{8,128}$/.test(etag))
    throw new DataError(
      `${repo}: the hub names a file that cannot be kept (${path}); download it yourself and name the folder`,
    );
  return etag;
}

async function download(
  repo: string,
  entry: ListFileEntry,
  ask: () => Promise<Blob | null>,
  aside: string,
  tell: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let got = 0;
    try {
      const blob = await ask();
      if (!blob) throw new DataError(`${repo}: ${entry.path} is listed but not there; try again later`);
      const digests = [createHash('sha256'), createHash('sha1').update(`blob ${sizeOf(entry)}\0`)];
      await pipeline(
        Readable.fromWeb(blob.stream() as ReadableStream),
        async function* (chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            got += chunk.length;
            for (const digest of digests) digest.update(chunk);
            tell(chunk.length);
            yield chunk;
          }
        },
        createWriteStream(aside),
        ...(signal ? [{ signal }] : []),
      );
      const [sha256, sha1] = digests.map((digest) => digest.digest('hex'));
      if (got === sizeOf(entry) && isListed(entry, sha256, sha1)) return;
      throw new Error(`came with ${got} of ${sizeOf(entry)} bytes, or others than the hub lists`);
    } catch (error) {
      tell(-got);
      const status = (error as { statusCode?: number }).statusCode;
      const lasting = status !== undefined && status < 500 && status !== 408 && status !== 429;
      if (signal?.aborted || error instanceof PapoError || systemCode(error) === 'ENOSPC' || lasting)
        throw error;
      if (attempt === TRIES)
        throw new DataError(
          `${repo}: ${entry.path} could not be fetched whole (${reasonOf(error)}); what was fetched whole is kept, try again`,
          { cause: error },
        );
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
    }
  }
}

/** Whether bytes are those that the hub lists: by SHA-256 for large files, as git has it for others. */
function isListed({ lfs, oid, xetHash }: ListFileEntry, sha256: string, sha1: string): boolean {
  if (lfs) return !/^[0-9a-f]{64}$/.test(lfs.oid) || lfs.oid === sha256;
  // What is kept as Xet chunks has git's name of its pointer.
  return xetHash !== undefined || !/^[0-9a-f]{40}$/.test(oid ?? '') || oid === sha1;
}

/** The innermost cause says more than "fetch failed". */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Error) return reasonOf(cause);
  return (error as Error).message.split('\n')[0];
}

/** What a failed request means, in one line. */
function failure(repo: string, error: unknown): DataError {
  const where = endpoint() ?? 'https://huggingface.co';
  const status = (error as { statusCode?: unknown }).statusCode;
  const advice = process.env.HF_TOKEN
    ? 'the token in HF_TOKEN may not read it: accept its terms on its page, or take another token'
    : 'set HF_TOKEN to a token that may read it, after accepting its terms on its page';
  const told = (why: string) => new DataError(`${repo}: ${why}`, { cause: error });
  if (status === 401 || status === 403) return told(`${where} does not show it (${status}); ${advice}`);
  if (status === 404) return told(`${where} has no such data set or revision; check HF_ENDPOINT`);
  if (status !== undefined) return told(`${where} answers ${status}; try again later`);
  if (error instanceof TypeError && /token/.test(error.message))
    return told("HF_TOKEN is no token of the hub: those begin with 'hf_'");
  const { cause } = error as { cause?: unknown };
  if (systemCode(error) !== undefined && cause === undefined)
    return told(`${cacheFolder()} ${systemFailure(error, 'write')}`);
  return told(
    `${where} cannot be reached (${reasonOf(error)}); check the connection and HF_ENDPOINT, or name a folder that has the files`,
  );
}
