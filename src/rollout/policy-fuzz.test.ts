/**
 * Policy and DINOv2 folders with something wrong in them, by the hundred: each loads, or is refused in one line within
 * two seconds. `seed` names a case in the message of a failure.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PapoError } from '../errors.ts';
import type { Json } from '../json.ts';
import { readCheckpoint } from '../model/checkpoint.ts';
import { readDinov2 } from '../model/dinov2/checkpoint.ts';
import { type Random, random } from '../random.ts';
import { resolveConfig } from '../settings/resolve.ts';
import { writeTinyPolicy } from './policy.testing.ts';
import { openPolicy } from './policy.ts';

const root = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => rmSync(root, { recursive: true }));

const config = resolveConfig([]);

/** All that a run reads of a policy, and a sentence through its tokenizer. */
function usePolicy(dir: string): void {
  const { text } = openPolicy({ ...config, policy: dir });
  const said = text.chat.render([
    { role: 'user', content: [{ type: 'image' }, { type: 'text', text: '2 + 3?' }] },
  ]);
  text.tokenizer.decode(text.tokenizer.encode(said));
  readCheckpoint(dir);
}

const nested = JSON.parse(`${'[{"a":'.repeat(30)}1${'}]'.repeat(30)}`) as Json;
const HOSTILE: Json[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e5,
  1e9,
  2 ** 53,
  1e308,
  '',
  'x',
  '__proto__',
  '(.*)*x',
  '{% for i in range(10 ** 10) %}{{ i }}{% endfor %}',
  'x'.repeat(100_000),
  [],
  {},
  nested,
  { toString: 1, length: -1, constructor: {} },
  [1e9, 1e9, 1e9],
];

/** One value somewhere in a JSON file replaced, removed, or given a key that objects inherit. */
function mutateJson(json: Json, rng: Random): Json {
  const places: { in: Record<string, Json>; key: string }[] = [];
  const walk = (value: Json) => {
    if (value === null || typeof value !== 'object') return;
    const keys = Object.keys(value);
    // Vocabularies are long: a few entries stand for all.
    for (const key of keys.length > 40 ? rng.shuffle(keys).slice(0, 5) : keys) {
      places.push({ in: value as Record<string, Json>, key });
      walk((value as Record<string, Json>)[key]!);
    }
  };
  walk(json);
  if (places.length === 0) return rng.pick(HOSTILE);
  const place = rng.pick(places);
  const kind = rng.int(8);
  if (kind === 0) delete place.in[place.key];
  else if (kind === 1 && !Array.isArray(place.in))
    Object.defineProperty(place.in, rng.pick(['__proto__', 'toString', 'length']), {
      value: rng.pick(HOSTILE),
      enumerable: true,
      configurable: true,
    });
  else if (kind === 2) {
    const other = rng.pick(places);
    place.in[place.key] = structuredClone(other.in[other.key] ?? null);
  } else place.in[place.key] = rng.pick(HOSTILE);
  return json;
}

/** What is left of the bytes of a file after an accident, or another program. */
function damage(name: string, bytes: Buffer, rng: Random): Uint8Array {
  const out = Buffer.from(bytes);
  if (name.endsWith('.json') && rng.int(3) > 0)
    return Buffer.from(JSON.stringify(mutateJson(JSON.parse(bytes.toString()) as Json, rng)));
  if (name.endsWith('.safetensors') && rng.int(2) > 0) {
    const length = Number(bytes.readBigUInt64LE());
    const header = mutateJson(JSON.parse(bytes.subarray(8, 8 + length).toString()) as Json, rng);
    const json = Buffer.from(JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(rng.int(8) === 0 ? BigInt(rng.pick([0, 1, 7, 2 ** 40])) : BigInt(json.length));
    return Buffer.concat([start, json, bytes.subarray(8 + length)]);
  }
  if (rng.int(4) === 0) return out.subarray(0, rng.int(out.length));
  for (let n = rng.int(4); n >= 0; n--) out[rng.int(Math.min(out.length, 2000))] = rng.int(256);
  return out;
}

/** Puts something else in the place of a file. */
function replace(path: string, bytes: Buffer, rng: Random): void {
  rmSync(path);
  const instead = rng.pick([
    () => {},
    () => mkdirSync(path),
    () => symlinkSync(path, path),
    () => symlinkSync('/dev/zero', path),
    () => writeFileSync(path, `version https://git-lfs.github.com/spec/v1\nsize ${bytes.length}\n`),
    () => writeFileSync(path, ''),
  ]);
  instead();
}

function campaign(dir: string, load: (dir: string) => void, seed: string, cases: number) {
  const files = new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name))]));
  const counts = { loaded: 0, refused: 0 };
  /** Milliseconds of processor time: the machine may be busy with others. */
  let slowest = 0;
  for (let i = 0; i < cases; i++) {
    const rng = random(seed, i);
    const name = rng.pick([...files.keys()]);
    const path = join(dir, name);
    if (rng.int(12) === 0) replace(path, files.get(name)!, rng);
    else writeFileSync(path, damage(name, files.get(name)!, rng));
    const start = process.cpuUsage();
    try {
      load(dir);
      counts.loaded++;
    } catch (error) {
      if (!(error instanceof PapoError)) throw new Error(`${seed} ${i}, ${name}`, { cause: error });
      expect(error.message, `${seed} ${i}`).toMatch(/^[^\n]{10,2100}$/);
      // Words of zod's own would tell a user nothing.
      expect(error.message, `${seed} ${i}`).not.toMatch(/Invalid (input|option|string)|Too (big|small)/);
      counts.refused++;
    }
    const { user, system } = process.cpuUsage(start);
    slowest = Math.max(slowest, (user + system) / 1000);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, files.get(name)!);
  }
  load(dir);
  expect(slowest).toBeLessThan(2000);
  // Else it would try nothing.
  expect(counts.refused).toBeGreaterThan(cases / 3);
  expect(counts.loaded).toBeGreaterThan(cases / 20);
}

beforeAll(() => {
  writeTinyPolicy(join(root, 'whole'));
  writeTinyPolicy(join(root, 'shards'), { shardBytes: 20_000 });
  cpSync('test/golden/dinov2/swiglu', join(root, 'dinov2'), { recursive: true });
  rmSync(join(root, 'dinov2', 'expected.safetensors'));
});

const CASES = Number(process.env.FUZZ_CASES ?? 120);

it('a policy', () => campaign(join(root, 'whole'), usePolicy, 'whole', CASES));
it('a policy in shards', () => campaign(join(root, 'shards'), usePolicy, 'shards', CASES / 2));
it('a DINOv2', () => campaign(join(root, 'dinov2'), (dir) => readDinov2(dir), 'dinov2', CASES));
