/** Suites from the hub, for which a small server on this machine stands. */
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import { zipOf } from '../../data/zip.testing.ts';
import { COMMIT, type HubServer, hubServer } from './hub-server.testing.ts';
import { openSuite, suiteSpecOf } from './index.ts';
import { writeTable } from './parquet.testing.ts';

const home = mkdtempSync(join(tmpdir(), 'papo-hub-'));
const png = Buffer.from(makeRow('hub', 0).images[0]);

function table(columns: Parameters<typeof writeTable>[1], rows: Parameters<typeof writeTable>[2]): Buffer {
  return readFileSync(writeTable(join(home, 'made.parquet'), columns, rows));
}
const geometry = table({ images: 'images', problem: 'text', answer: 'text' }, [
  { images: [{ bytes: png }], problem: '<image>Find x.', answer: '10' },
]);
const authors = table({ messages: 'messages', images: 'texts', id: 'text' }, [
  {
    messages: [
      { role: 'user', content: '<image>Find x.' },
      { role: 'assistant', content: '10' },
    ],
    images: ['./data/images/hiyouga_geometry3k/1.png'],
    id: 'hiyouga_geometry3k_1',
  },
]);
const PARQUET = 'data/test-00000-of-00001.parquet';
const ARCHIVE = 'hiyouga_geometry3k_images.zip';

let server: HubServer;
let caches = 0;
let cache = '';
beforeAll(async () => {
  server = await hubServer({
    'hiyouga/geometry3k': {
      'README.md': Buffer.from('# x'),
      [PARQUET]: geometry,
      'data/train-00000-of-00001.parquet': geometry,
    },
    'PAPO-Galaxy/PAPO_eval': {
      'data/hiyouga_geometry3k-00000-of-00001.parquet': authors,
      [ARCHIVE]: zipOf({ 'hiyouga_geometry3k/1.png': png }),
      'MMMU_MMMU_Pro_images.zip': Buffer.from('large'),
    },
    'lscpku/LogicVista': { 'data/test-00000-of-00001.parquet': geometry },
    'AI4Math/MathVerse': { 'other.parquet': geometry },
  });
});
beforeEach(() => {
  cache = join(home, `cache-${caches++}`);
  vi.stubEnv('HF_ENDPOINT', `${server.url}/`);
  vi.stubEnv('HF_HOME', cache);
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
  server.asked.length = 0;
  server.tokens.length = 0;
  server.fault.clear();
  server.gated.clear();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(home, { recursive: true });
});

const spec = () => suiteSpecOf('geometry3k');
const storage = (repo = 'hiyouga--geometry3k') => join(cache, 'hub', `datasets--${repo}`);
const fetched = () => server.asked.filter((line) => /resolve|cdn/.test(line));

describe('a suite from the hub', () => {
  it('is fetched into the shared cache as Python lays it out, and only its own files', async () => {
    const lines: string[] = [];
    const suite = await openSuite(spec(), { hub: true, progress: (line) => lines.push(line) });
    expect((await suite.item(0)).row).toMatchObject({ problem: '<image>Find x.', answer: '10' });
    const link = join(storage(), 'snapshots', COMMIT, PARQUET);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(link)).toEqual(geometry);
    expect(readFileSync(join(storage(), 'refs/main'), 'utf8')).toBe(COMMIT);
    expect(readdirSync(join(storage(), 'blobs'))).toHaveLength(1);
    expect(readdirSync(join(storage(), 'snapshots', COMMIT, 'data'))).toEqual([
      'test-00000-of-00001.parquet',
    ]);
    expect(lines.some((line) => /hiyouga\/geometry3k: data\/test.*of \d+\.\d MB/.test(line))).toBe(true);
    expect(suite.source).toContain(`hiyouga/geometry3k at ${COMMIT.slice(0, 10)} of the hub`);
    expect(suite.spec.hub).toEqual({ repo: 'hiyouga/geometry3k', revision: COMMIT });
    expect(new Set(server.tokens)).toEqual(new Set([undefined]));
  });

  it('is not fetched a second time, nor for a stored spec, nor offline', async () => {
    const first = await openSuite(spec(), { hub: true });
    const item = await first.item(0);
    server.asked.length = 0;
    await openSuite(spec(), { hub: true });
    expect(fetched()).toEqual([]);
    server.asked.length = 0;
    const again = await openSuite(JSON.parse(JSON.stringify(first.spec)));
    expect(await again.item(0)).toEqual(item);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const offline = await openSuite(spec(), { hub: true });
    expect(await offline.item(0)).toEqual(item);
    expect(server.asked).toEqual([]);
  });

  it('is asked for by nobody but the user', async () => {
    await expect(openSuite(spec())).rejects.toThrow('or fetch hiyouga/geometry3k with --hub');
    const stored = { ...spec(), hub: { repo: 'hiyouga/geometry3k', revision: COMMIT } };
    await expect(openSuite(stored)).rejects.toThrow(/not in the cache of the hub .*; fetch it with --hub/);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow('unset HF_HUB_OFFLINE');
    expect(server.asked).toEqual([]);
  });

  it("is the authors' where that layout is named, with its archive alone", async () => {
    const suite = await openSuite(suiteSpecOf('geometry3k:layout=authors'), { hub: true });
    const { key, row } = await suite.item(0);
    expect([key, Buffer.from(row.images[0])]).toEqual(['hiyouga_geometry3k_1', png]);
    expect(existsSync(join(storage('PAPO-Galaxy--PAPO_eval'), 'snapshots', COMMIT, ARCHIVE))).toBe(true);
    expect(fetched().some((line) => line.includes('MMMU'))).toBe(false);
    const again = await openSuite(suite.spec);
    expect(await again.item(0)).toEqual(await suite.item(0));
  });

  it.each(['cut', 'other'] as const)('that comes %s is asked for again and not kept half', async (fault) => {
    server.fault.set(PARQUET, fault);
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow(
      /hiyouga\/geometry3k: data\/test.* could not be fetched whole \(.+\); .*try again/,
    );
    expect(readdirSync(join(storage(), 'blobs'))).toEqual([]);
    expect(existsSync(join(storage(), 'snapshots', COMMIT, PARQUET))).toBe(false);
    expect(existsSync(join(storage(), 'refs/main'))).toBe(false);
    expect(fetched().filter((line) => line.includes('cdn')).length).toBeGreaterThanOrEqual(3);
    server.fault.clear();
    expect((await openSuite(spec(), { hub: true })).length).toBe(1);
  });

  it('is fetched where the folder of the suites lacks it', async () => {
    const suite = await openSuite(spec(), { hub: true, dataDir: home });
    expect(suite.spec.hub?.revision).toBe(COMMIT);
    await expect(openSuite(spec(), { hub: true, dataDir: join(home, 'none') })).rejects.toThrow(
      'no such file or folder',
    );
  });

  it('that is gated says what to do, and takes the token of HF_TOKEN', async () => {
    server.gated.add('hiyouga/geometry3k');
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow(
      `hiyouga/geometry3k: ${server.url} does not show it (401); set HF_TOKEN to a token that may read it`,
    );
    vi.stubEnv('HF_TOKEN', 'hf_bad');
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow('the token in HF_TOKEN may not read it');
    vi.stubEnv('HF_TOKEN', 'sk-1');
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow("begin with 'hf_'");
    vi.stubEnv('HF_TOKEN', 'hf_good');
    expect((await openSuite(spec(), { hub: true })).length).toBe(1);
  });

  it('that is not there, or whose hub is not, is named', async () => {
    await expect(openSuite(suiteSpecOf('mathvista'), { hub: true })).rejects.toThrow(
      `AI4Math/MathVista: ${server.url} has no such data set or revision; check HF_ENDPOINT`,
    );
    await expect(openSuite(suiteSpecOf('mathverse'), { hub: true })).rejects.toThrow(
      'AI4Math/MathVerse: has none of the files that are looked for',
    );
    await expect(openSuite(suiteSpecOf('logicvista'), { hub: true })).rejects.toThrow(
      'are those of no layout',
    );
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    await expect(openSuite(spec(), { hub: true })).rejects.toThrow(/127\.0\.0\.1:9 cannot be reached \(.+\)/);
  });

  it('is let go of when the user stops', async () => {
    const stop = new AbortController();
    const asked = openSuite(spec(), { hub: true, signal: stop.signal, progress: () => stop.abort() });
    await expect(asked).rejects.toThrow(/abort/i);
    expect(existsSync(join(storage(), 'refs/main'))).toBe(false);
  });
});
