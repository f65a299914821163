/** The fields of a golden file, and a copy of the file with an error planted in one of them. */
import { createHash } from 'node:crypto';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** One way to spoil a file: a field, and the place of the error in it. */
export interface Plant {
  /** The file with the error. */
  bytes(): Buffer;
  /** Where, in words: an index, a path. */
  at: string;
}

export interface Field {
  /** Path with array positions and the keys of maps left out: `cases[].f32.kl[]`, `visual.merger.ln_q.weight`. */
  name: string;
  /** Errors to plant one after the other, until one is noticed; drawn from the places by the field's name. */
  plants: Plant[];
}

/** Places of one field that are tried: what lies in padding, or under a weight of 0, is rightly without effect. */
const TRIES = 4;

/** Up to TRIES of n places, the same at each call. */
function some(n: number, key: string): number[] {
  const found = new Set<number>();
  for (let i = 0; i < 4 * TRIES && found.size < Math.min(TRIES, n); i++)
    found.add(createHash('sha256').update(`${key}#${i}`).digest().readUInt32LE(0) % n);
  return [...found];
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Place = { holder: Json[] | { [key: string]: Json }; key: string | number };

/** Objects that map names or numbers to values, and are no records of fields. */
const isMap = (keys: readonly string[]) => keys.length > 40 || keys.every((k) => /^\d+$/.test(k));

function places(root: Json): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  const add = (name: string, place: Place) => {
    const list = found.get(name);
    if (list) list.push(place);
    else found.set(name, [place]);
  };
  const walk = (value: Json, name: string, place?: Place) => {
    if (Array.isArray(value)) {
      // A list of cases that is empty must not pass for one of which each case holds.
      if (place && value.length > 0 && typeof value[0] === 'object') add(`${name} (emptied)`, place);
      for (let i = 0; i < value.length; i++) walk(value[i], `${name}[]`, { holder: value, key: i });
    } else if (value !== null && typeof value === 'object') {
      const keys = Object.keys(value);
      const map = isMap(keys);
      for (const key of keys)
        walk(value[key], map ? `${name}{}` : name ? `${name}.${key}` : key, { holder: value, key });
    } else if (place) add(name, place);
  };
  walk(root, '');
  return found;
}

function spoilt(value: Json): Json {
  if (Array.isArray(value)) return [];
  if (value === null) return 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'object') return {};
  if (value === 0 || value === 1) return 1 - value;
  return Number.isInteger(value) ? value + 1 : value + 0.01 * Math.max(1, Math.abs(value));
}

function jsonFields(bytes: Buffer): Field[] {
  const text = bytes.toString('utf8');
  const index = places(JSON.parse(text) as Json);
  return [...index].map(([name, all]) => {
    // Null stands for "not there" in these files: a place that has a value is the better one.
    const valued = [...all.keys()].filter(
      (i) => (all[i].holder as Record<string, Json>)[all[i].key] !== null,
    );
    const open = valued.length > 0 ? valued : [...all.keys()];
    const plants = some(open.length, name).map((k): Plant => {
      const i = open[k];
      return {
        at: `${i + 1} of ${all.length}`,
        bytes: () => {
          const root = JSON.parse(text) as Json;
          const place = places(root).get(name)![i];
          const holder = place.holder as Record<string | number, Json>;
          holder[place.key] = spoilt(holder[place.key]);
          return Buffer.from(JSON.stringify(root));
        },
      };
    });
    return { name, plants };
  });
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Weights go wrong as a whole: one number of a thousand may be within every tolerance. */
function tensorFields(bytes: Buffer, whole: boolean): Field[] {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString('utf8')) as Record<string, Entry>;
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, { dtype, data_offsets }]) => {
      if (dtype !== 'F32') throw new Error(`tensor ${name} is ${dtype}; only F32 is known here`);
      const [from, to] = data_offsets.map((o) => o + start);
      const n = (to - from) / 4;
      const values = Array.from({ length: n }, (_, i) => bytes.readFloatLE(from + 4 * i));
      const step = 0.05 * Math.max(...values.map(Math.abs)) || 1;
      const spoil = (chosen: readonly number[]) => {
        const out = Buffer.from(bytes);
        for (const i of chosen) out.writeFloatLE(values[i] + step, from + 4 * i);
        return out;
      };
      const plants = whole
        ? // Not all alike: a normalisation takes a common shift away.
          [
            {
              at: 'every second',
              bytes: () => spoil([...values.keys()].filter((i) => n === 1 || i % 2 === 0)),
            },
          ]
        : some(n, name).map((i) => ({ at: `element ${i}`, bytes: () => spoil([i]) }));
      return { name, plants };
    });
}

/** Chunks of a PNG file, [type, data]. */
function chunksOf(png: Buffer): [string, Buffer][] {
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < png.length; ) {
    const size = png.readUInt32BE(at);
    chunks.push([png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + size)]);
    at += 12 + size;
  }
  return chunks;
}

/** A whole PNG file, as good as before but for one byte of one row of samples. */
function withSample(png: Buffer, spoil: (rows: Buffer) => void): Buffer {
  const chunks = chunksOf(png);
  const data = inflateSync(Buffer.concat(chunks.filter(([t]) => t === 'IDAT').map(([, d]) => d)));
  spoil(data);
  const first = chunks.findIndex(([type]) => type === 'IDAT');
  const rest = chunks.filter(([type]) => type !== 'IDAT');
  rest.splice(first, 0, ['IDAT', deflateSync(data)]);
  const parts = rest.flatMap(([type, body]) => {
    const tagged = Buffer.concat([Buffer.from(type, 'latin1'), body]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(body.length, 0);
    ends.writeUInt32BE(crc32(tagged), 4);
    return [ends.subarray(0, 4), tagged, ends.subarray(4)];
  });
  return Buffer.concat([png.subarray(0, 8), ...parts]);
}

/** Bytes in a row of samples, its filter byte included. */
function rowBytes(png: Buffer): number {
  const samples = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[png[25]] ?? 1;
  return 1 + Math.ceil((png.readUInt32BE(16) * samples * png[24]) / 8);
}

function pngFields(bytes: Buffer, name: string): Field[] {
  if (bytes[28] !== 0) throw new Error('interlaced PNG files are not known here');
  const row = rowBytes(bytes);
  const height = bytes.readUInt32BE(20);
  const plants = some(height * (row - 1), name).map((k) => {
    const [y, at] = [Math.floor(k / (row - 1)), k % (row - 1)];
    // Of samples of 16 bits the upper byte: the lower one is not read.
    const x = 1 + (bytes[24] === 16 ? at - (at % 2) : at);
    return {
      at: `row ${y}, byte ${x}`,
      bytes: () =>
        withSample(bytes, (rows) => {
          // The top bit: the first pixel of the byte where pixels are smaller than bytes.
          rows[y * row + x] ^= 0x80;
        }),
    };
  });
  return [{ name: 'samples', plants }];
}

/** Any other file: one bit somewhere behind its first bytes. */
function byteFields(bytes: Buffer, name: string): Field[] {
  const from = Math.min(16, bytes.length - 1);
  const plants = some(bytes.length - from, name).map((k) => ({
    at: `byte ${from + k}`,
    bytes: () => {
      const out = Buffer.from(bytes);
      out[from + k] ^= 0x04;
      return out;
    },
  }));
  return [{ name: 'bytes', plants }];
}

/** The fields of a file by its name's ending; every file has at least one. */
export function fieldsOf(name: string, bytes: Buffer): Field[] {
  if (name.endsWith('.json')) return jsonFields(bytes);
  if (name.endsWith('.safetensors')) return tensorFields(bytes, name.endsWith('model.safetensors'));
  if (name.endsWith('.png')) return pngFields(bytes, name);
  return byteFields(bytes, name);
}

/** The file written anew without an error, as the plants are; tests must take it as they take the original. */
export function rewritten(name: string, bytes: Buffer): Buffer {
  if (name.endsWith('.json')) return Buffer.from(JSON.stringify(JSON.parse(bytes.toString('utf8'))));
  if (name.endsWith('.png')) return withSample(bytes, () => {});
  return bytes;
}
