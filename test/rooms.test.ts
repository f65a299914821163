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
  'report',
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

/** Paths that a source imports, types included; what its doc comments show is not looked at. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8').replaceAll(/^\s*\/\*\*[\s\S]*?\*\//gm, '');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((m) =>
    relative(SRC, resolve(SRC, dirname(file), m[1])),
  );
}

/** Every way that leads from a file back to it: `a.ts → b.ts → a.ts`, one for each import that closes a circle. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const way: string[] = [];
  const done = new Set<string>();
  const visit = (file: string) => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file) || way.includes(file)) return;
    way.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
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

  it('stand on what is in no room, and the library stands on them', () => {
    const roomless = files.filter((f) => !f.includes('/') && !f.endsWith('.test.ts'));
    const looking = roomless.filter((f) => importsOf(f).some((i) => i.includes('/')));
    expect(looking).toEqual(['index.ts']);
    expect(files.filter((f) => importsOf(f).includes('index.ts'))).toEqual([]);
    expect(importsOf('index.ts').filter((i) => roomOf(i) === 'cli')).toEqual([]);
  });

  it('have no import circle', () => {
    const made = { a: ['b', 'd'], b: ['c'], c: ['d', 'a'], d: ['e'], e: ['d'], f: ['f', 'a'] };
    expect(circlesIn(new Map(Object.entries(made)))).toEqual(['d → e → d', 'a → b → c → a', 'f → f']);
    expect(circlesIn(new Map(files.map((f) => [f, importsOf(f)])))).toEqual([]);
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
