/** The library from outside: every example of its public declarations runs against the built package, under the name papo. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../src/data/builtin/make.ts';

const ROOT = resolve(import.meta.dirname, '..');
const built = existsSync(join(ROOT, 'dist/index.js'));
const dir = mkdtempSync(join(tmpdir(), 'papo-library-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Public {
  name: string;
  isDocumented: boolean;
  isValue: boolean;
  examples: string[];
}

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  ROOT,
);

/** What src/index.ts exports, with the examples that stand over its declarations. */
function publicNames(): Public[] {
  const program = ts.createProgram([join(ROOT, 'src/index.ts')], options);
  const checker = program.getTypeChecker();
  const index = program.getSourceFile(join(ROOT, 'src/index.ts'));
  const module = index && checker.getSymbolAtLocation(index);
  if (!module) throw new Error('src/index.ts exports nothing');
  return checker.getExportsOfModule(module).map((exported) => {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    const tags = (symbol.declarations ?? []).flatMap((declaration) =>
      ts.isSourceFile(declaration)
        ? ts.getJSDocTags(declaration.statements[0])
        : ts.getJSDocTags(ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration),
    );
    const examples = tags
      .filter(({ tagName }) => tagName.text === 'example')
      .map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? '');
    const isValue = (symbol.flags & ts.SymbolFlags.Value) !== 0;
    const isDocumented = tags.length > 0 || symbol.getDocumentationComment(checker).length > 0;
    return { name: exported.getName(), isDocumented, isValue, examples };
  });
}

const names = publicNames();
/** The README's section on the library is an example too. */
const section = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## As a library')[1];
const examples = [
  ...names.flatMap(({ name, examples }) =>
    examples.map((code, i) => ({ file: examples.length > 1 ? `${name}-${i + 1}` : name, code })),
  ),
  { file: 'README', code: /```ts\n(.*?)```/s.exec(section)?.[1] ?? '' },
];

/** `expression; // value` as a check that the one is the other. */
const checked = (code: string): string =>
  code.replaceAll(
    /^( *)(?!const |let |import |for |return |\/\/)(\S.*); \/\/ (.+?)(?:, as .*)?$/gm,
    (_, indent, expression, value) => `${indent}check(${expression}, ${value});`,
  );

const PREFIX = `import { check } from './check.mjs';\n`;
/** Imports one example after the other and tells of each how many checks it passed, or why it failed. */
const RUNNER = `
import { passed } from './check.mjs';
const report = {};
for (const file of process.argv.slice(2)) {
  const before = passed();
  try {
    await import(\`./\${file}.mjs\`);
    report[file] = passed() - before;
  } catch (error) {
    report[file] = String(error.stack);
  }
}
console.log('REPORT' + JSON.stringify(report));
// An example that failed half-way has left its engine open.
if (Object.values(report).some((found) => typeof found === 'string')) process.exit();
`;
const CHECK = `
import assert from 'node:assert';
let count = 0;
export const passed = () => count;
export function check(actual, expected) {
  assert.deepEqual(actual, expected);
  count++;
}
`;

describe.skipIf(!built)('the library', () => {
  let report: Record<string, number | string> = {};

  beforeAll(() => {
    const [row] = makeDataset({
      seed: 1,
      rows: { train: 30, validation: 8, test: 8 },
      tasks: ['count'],
    }).train;
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    mkdirSync(join(dir, 'node_modules'));
    symlinkSync(ROOT, join(dir, 'node_modules/papo'));
    writeFileSync(join(dir, 'picture.png'), row.images[0]);
    writeFileSync(
      join(dir, 'my-reward.mjs'),
      'export const score = ({ response, answer }) => (response.includes(answer) ? 1 : 0);\n',
    );
    writeFileSync(join(dir, 'check.mjs'), CHECK);
    writeFileSync(join(dir, 'runner.mjs'), RUNNER);
    for (const { file, code } of examples) {
      const { outputText } = ts.transpileModule(PREFIX + checked(code), {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      writeFileSync(join(dir, `${file}.mjs`), outputText);
    }
    const ran = spawnSync(process.execPath, ['runner.mjs', ...examples.map(({ file }) => file)], {
      cwd: dir,
      encoding: 'utf8',
      timeout: 110_000,
    });
    report = JSON.parse(/^REPORT(.*)$/m.exec(ran.stdout)?.[1] ?? `{"": ${JSON.stringify(ran.stderr)}}`);
  }, 120_000);

  it('says what each of its names is, and has an example of every function', () => {
    expect(names.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
    const bare = names.filter(({ isValue, examples }) => isValue && examples.length === 0);
    expect(bare.map(({ name }) => name).filter((name) => !name.endsWith('Error'))).toEqual([]);
    expect(names.find(({ name }) => name === 'Engine')?.examples).toHaveLength(1);
    for (const { code } of examples) expect(code).toContain("from 'papo'");
  });

  it.each(examples)('the example of $file runs, and its values are those that it shows', ({ file, code }) => {
    const values = checked(code).match(/^ *check\(/gm)?.length ?? 0;
    // In a loop a check passes more than once.
    expect(typeof report[file], String(report[file])).toBe('number');
    expect(Number(report[file])).toBeGreaterThanOrEqual(values);
  });

  it('and their types are right', () => {
    const files = examples.map(({ file, code }) => {
      const path = join(dir, `${file}.ts`);
      writeFileSync(path, code);
      return path;
    });
    const program = ts.createProgram(files, { ...options, noUnusedLocals: false, baseUrl: ROOT });
    const wrong = files.flatMap((file) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    });
    expect(
      wrong.map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([]);
  });

  it('is there without the runtime, and holds nothing open', () => {
    const script = `
      const papo = await import('papo');
      const open = process.getActiveResourcesInfo().filter((what) => /TCP|UDP|TLS|DNS|Timeout|Worker|Message|Process/.test(what));
      const runtime = process.report.getReport().sharedObjects.filter((path) => /onnxruntime/.test(path));
      console.log(JSON.stringify({ open, runtime, names: Object.keys(papo) }));`;
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: dir,
      encoding: 'utf8',
    });
    const values = names.filter(({ isValue }) => isValue).map(({ name }) => name);
    expect(JSON.parse(told)).toEqual({ open: [], runtime: [], names: values.sort() });
  });

  it('is all that another package can import', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(Object.keys(exports)).toEqual(['.', './package.json']);
    const ran = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', "await import('papo/dist/random.js')"],
      {
        cwd: dir,
        encoding: 'utf8',
      },
    );
    expect(ran.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});
