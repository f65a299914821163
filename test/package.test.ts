/** What npm installs: nothing is fetched but packages, and a packed tool carries its types and what its documents point to. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

describe.skipIf(!existsSync(join(ROOT, 'dist/index.d.ts')))('the packed tool', () => {
  const dir = mkdtempSync(join(tmpdir(), 'papo-packed-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const project = join(dir, 'project');
  const installed = join(project, 'node_modules/papo');

  beforeAll(() => {
    // Without the runtime inside, which is 120 MB: `npm run packed` packs and installs all of it.
    const { bundleDependencies: _, scripts: _scripts, ...manifest } = json('package.json');
    const tree = join(dir, 'tree');
    mkdirSync(tree);
    for (const name of readdirSync(ROOT))
      if (!['node_modules', 'runs'].includes(name) && !name.startsWith('.'))
        cpSync(join(ROOT, name), join(tree, name), { recursive: true });
    writeFileSync(join(tree, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(tree, 'dist/train/loop.testing.js'), '');
    writeFileSync(join(tree, 'dist/.tsbuildinfo'), '');
    mkdirSync(installed, { recursive: true });
    const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], {
      cwd: tree,
      encoding: 'utf8',
    });
    execFileSync('tar', ['xzf', join(dir, packed.trim()), '--strip-components=1', '-C', installed]);
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
    }
    writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
    cpSync(join(ROOT, 'lab/use-papo.ts'), join(project, 'use-papo.ts'));
  }, 120_000);

  it('holds what is used, and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(readdirSync(installed).sort()).toEqual(
      ['LICENSE', 'README.md', 'assets', 'bin', 'dist', 'docs', 'examples', 'package.json'].sort(),
    );
    expect(files.filter((file) => /tsbuildinfo|\.testing\.|\.test\./.test(file))).toEqual([]);
  });

  it('has every file that its documents link to', () => {
    const documents = ['README.md', ...readdirSync(join(installed, 'docs')).map((name) => `docs/${name}`)];
    const links = documents.flatMap((name) =>
      [...readFileSync(join(installed, name), 'utf8').matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(
        ([, to]) => ({
          name,
          to,
        }),
      ),
    );
    expect(links.length).toBeGreaterThan(3);
    const broken = links.filter(({ name, to }) => !existsSync(join(installed, dirname(name), to)));
    expect(broken).toEqual([]);
  });

  const { ESNext, NodeNext } = ts.ModuleKind;
  const { Bundler, NodeNext: NodeNextResolution } = ts.ModuleResolutionKind;
  it.each([
    ['nodenext', NodeNext, NodeNextResolution],
    ['bundler', ESNext, Bundler],
  ])('has types for moduleResolution %s', (_, module, moduleResolution) => {
    const program = ts.createProgram([join(project, 'use-papo.ts')], {
      module,
      moduleResolution,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      noEmit: true,
      typeRoots: [join(project, 'node_modules/@types')],
    });
    const found = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
      const line = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: ` : '';
      return line + ts.flattenDiagnosticMessageText(messageText, ' ');
    });
    expect(found).toEqual([]);
  });

  it('says any in none of them', () => {
    const seen = new Set<string>();
    const walk = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(file, 'utf8');
      for (const [, to] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g))
        walk(join(dirname(file), to.replace(/\.[jt]s$/, '.d.ts')));
    };
    walk(join(installed, 'dist/index.d.ts'));
    expect(seen.size).toBeGreaterThan(30);
    const code = (file: string) =>
      readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^']*'/g, '');
    expect([...seen].filter((file) => /\bany\b/.test(code(file)))).toEqual([]);
    expect([...seen].every((file) => statSync(file).isFile())).toBe(true);
  });
});
