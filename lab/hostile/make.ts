/** Makes hostile input: pictures by their bytes, rows, weights, policies. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Random } from '../../src/random.ts';
import { ROOT } from './process.ts';

/** A policy of 186 k parameters that transformers wrote. */
export const TINY = join(ROOT, 'test', 'golden', 'qwen2_5_vl', 'tiny_tied');
export const BASE = join(ROOT, 'assets', 'policies', 'looking');

/** The shortest run that trains: seconds, not minutes. */
export const QUICK = [
  ...['--policy', TINY, '--set', 'engine.threads=1', '--name', 'run'],
  ...['--set', 'rollout.prompts=4', '--set', 'rollout.samples=2', '--set', 'rollout.maxTokens=8'],
  ...['--set', 'data.maxPromptTokens=1000', '--set', 'test.rows=0', '--set', 'validation.every=0'],
  ...['--set', 'data.builtin={train: 28, validation: 7, test: 7}'],
];

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
};

export interface PngOptions {
  /** 0 grey, 2 RGB, 3 palette, 6 RGBA. */
  colour?: number;
  depth?: number;
  /** Instead of rows of zeros that fit. */
  data?: Uint8Array;
  /** Chunks between header and data. */
  extra?: [string, Uint8Array][];
}

/** A PNG of one colour, whatever its header says. */
export function png(width: number, height: number, o: PngOptions = {}): Buffer {
  const { colour = 0, depth = 8, extra = [] } = o;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const channels = { 0: 1, 2: 3, 3: 1, 6: 4 }[colour] ?? 1;
  const row = Math.ceil((width * channels * depth) / 8) + 1;
  const data = o.data ?? deflateSync(Buffer.alloc(row * height), { level: 9 });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...extra.map(([type, bytes]) => chunk(type, bytes)),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** A picture that everyone can use. */
export const GOOD = png(56, 56, { colour: 2 });

/** Some bytes changed, some cut off. */
export function damaged(bytes: Uint8Array, random: Random): Buffer {
  const out = Buffer.from(bytes);
  for (let i = 1 + random.int(8); i > 0; i--) out[random.int(out.length)] = random.int(256);
  return random.int(3) === 0 ? out.subarray(0, random.int(out.length)) : out;
}

/** Bytes that mean nothing. */
export const noise = (length: number, random: Random) =>
  Buffer.from(Array.from({ length }, () => random.int(256)));

export type Line = Record<string, unknown> | string;

/** A folder with `train.jsonl`: the rows, then good ones. Strings are lines as they are. */
export function rows(dir: string, lines: readonly Line[], good = 0): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'good.png'), GOOD);
  const fine = Array.from({ length: good }, (_, i) => ({
    id: `good-${i}`,
    problem: '<image>How many?',
    answer: String(i % 5),
    images: ['good.png'],
  }));
  const text = [...lines, ...fine].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(join(dir, 'train.jsonl'), `${text.join('\n')}\n`);
  return dir;
}

/** One row whose picture is these bytes. */
export const withPicture = (bytes: Uint8Array): Line => ({
  problem: '<image>How many?',
  answer: '1',
  images: [{ bytes: Buffer.from(bytes).toString('base64') }],
});

/** The tiny policy in `dir/policy`, with files changed: text, bytes, null to take one away, a function of its JSON. */
export function policy(
  dir: string,
  edits: Record<string, string | Uint8Array | null | ((json: Json) => unknown)>,
  from = TINY,
): string {
  const to = join(dir, 'policy');
  cpSync(from, to, { recursive: true, filter: (file) => !/expected\./.test(file) });
  for (const [name, edit] of Object.entries(edits)) {
    const file = join(to, name);
    if (edit === null) rmSync(file);
    else if (typeof edit === 'function')
      writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')))));
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, edit);
    }
  }
  return to;
}

/** A safetensors file: any header, any data. */
export function safetensors(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(),
  length?: bigint,
): Buffer {
  const json = Buffer.from(header);
  const first = Buffer.alloc(8);
  first.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([first, json, data]);
}

export function fifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** A name with `n` characters. */
export const long = (n: number, what = 'x') => what.repeat(n);

type Json = Record<string, unknown>;

/** Sets a value deep in a JSON value. */
export const put = (path: string, value: unknown) => (json: Json) => {
  const keys = path.split('.');
  let at = json;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key] as Json;
  }
  at[keys.at(-1)!] = value;
  return json;
};
