/** What npm installs: nothing is fetched but packages, and a packed tool carries what its README points to. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const json = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

it('no dependency runs a script when it is installed', () => {
  // onnxruntime-node's fetches CUDA from outside the registry. npm runs those that the lock file tells of, so an
  // update that brings `hasInstallScript` back is undone by hand; newer npm also asks allowScripts.
  const packages: Record<string, { hasInstallScript?: boolean }> = json('package-lock.json').packages;
  const scripted = Object.entries(packages).filter(([, p]) => p.hasInstallScript);
  expect(scripted.map(([name]) => name)).toEqual([]);
  expect(json('package.json').allowScripts).toEqual({ 'onnxruntime-node': false });
});

it('another project gets the runtime inside the package, without its script', () => {
  const { bundleDependencies, scripts } = json('package.json');
  expect(bundleDependencies).toEqual(['onnxruntime-node']);
  expect(scripts.prepack).toContain('delete scripts.postinstall');
});

it('the README links to files that are there, and the documents are packed', () => {
  const links = [
    ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
  ].map((m) => m[1]);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((l) => !existsSync(join(ROOT, l)))).toEqual([]);
  expect(json('package.json').files).toEqual(expect.arrayContaining(['bin', 'dist', 'assets', 'docs']));
});
