/** Golden data without a word on who made it is worth nothing to the next reader. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const GOLDEN = join(import.meta.dirname, 'golden');
const folders = readdirSync(GOLDEN, { withFileTypes: true }).flatMap((e) =>
  e.isDirectory() ? [e.name] : [],
);

it.each(folders)('%s says what made it, with a version, and names what it holds', (folder) => {
  const text = readFileSync(join(GOLDEN, folder, 'README.md'), 'utf8');
  expect(text).toMatch(/(Produced|made) by/i);
  expect(text).toMatch(/\d+\.\d+\.\d+/);
  const held = readdirSync(join(GOLDEN, folder)).filter((name) => name !== 'README.md');
  // Pictures are named in a list of their own (`images.json`) or by their stem.
  const untold = held.filter((name) => !text.includes(name.replace(/\.\w+$/, '')) && name !== 'images');
  expect(untold).toEqual([]);
  expect(readFileSync(join(GOLDEN, 'README.md'), 'utf8')).toContain(`[${folder}](${folder}/README.md)`);
});
