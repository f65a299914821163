/** The house keeps its order: a room imports only from rooms above it, and no file outgrows its room. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** From the top of the house down. */
const ROOMS = [
  'tensor',
  'vision',
  'text',
  'data',
  'user',
  'reward',
  'objective',
  'model',
  'mask',
  'engine',
  'metrics',
  'settings',
  'run',
  'rollout',
  'train',
  'pretrain',
  'evaluate',
  'monitor',
  'serve',
  'dashboard',
  'cli',
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
const roomOf = (file: string) => file.split('/')[0];

/** Paths that a source imports, types and workers included. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((m) =>
    relative(SRC, resolve(SRC, dirname(file), m[1])),
  );
}

describe('rooms', () => {
  it('are those of the plan', () => {
    const found = new Set(files.filter((f) => f.includes('/')).map(roomOf));
    expect([...found].filter((r) => !ROOMS.includes(r))).toEqual([]);
    expect(files.length).toBeGreaterThan(80);
  });

  it.each(files.filter((f) => f.includes('/') && !f.endsWith('.test.ts')))('%s looks only up', (file) => {
    const below = importsOf(file).filter(
      (i) => i.includes('/') && !i.startsWith('..') && ROOMS.indexOf(roomOf(i)) > ROOMS.indexOf(roomOf(file)),
    );
    expect(below).toEqual([]);
  });

  it('hold no file of more than 400 lines', () => {
    expect(files.filter((f) => readFileSync(join(SRC, f), 'utf8').split('\n').length > 401)).toEqual([]);
  });
});

it('one file knows onnxruntime-node, and the pure rooms know no Node module', () => {
  const importing = (pattern: RegExp) =>
    files.filter((f) => !/\.(test|testing)\.ts$/.test(f) && pattern.test(readFileSync(join(SRC, f), 'utf8')));
  expect(importing(/^import (?!type).*'onnxruntime-node'|import\('onnxruntime-node'\)/m)).toEqual([
    'tensor/runtime.ts',
  ]);
  const node = importing(/(from|import\()\s*'node:/).filter((f) =>
    ['tensor', 'objective'].includes(roomOf(f)),
  );
  expect(node).toEqual(['tensor/runtime.ts']);
});
