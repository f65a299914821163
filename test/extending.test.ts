/** docs/extending.md names every open set, and the members that it shows are members. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import type { ShapesScene } from '../src/data/tasks/shared/shapes.ts';
import type { AnyQuestion, Task } from '../src/data/tasks/task.ts';
import type { SuiteKind } from '../src/evaluate/suites/suite.ts';
import type { Scoring } from '../src/evaluate/types.ts';
import { maskFromConfig } from '../src/mask/config.ts';
import type { MaskKind } from '../src/mask/kind.ts';
import type { Family } from '../src/model/family.ts';
import { qwen2_5_vl } from '../src/model/qwen2_5_vl/index.ts';
import type { Advantage } from '../src/objective/advantages/advantage.ts';
import { parseObjective } from '../src/objective/config.ts';
import type { Estimator } from '../src/objective/estimators/estimator.ts';
import type { Shaping } from '../src/objective/shapings/shaping.ts';
import type { Surrogate, SurrogateInputs } from '../src/objective/surrogates/surrogate.ts';
import type { FurtherTerm } from '../src/objective/terms/further-term.ts';
import type { Inputs } from '../src/objective/types.ts';
import { type NamedRecipe, recipeSchema, stepsOf } from '../src/pretrain/recipe.ts';
import { random } from '../src/random.ts';
import type { Grader } from '../src/reward/graders/grader.ts';
import type { Preset } from '../src/settings/presets/preset.ts';
import { input, type Tensor } from '../src/tensor/graph.ts';
import { compile } from '../src/tensor/program.ts';
import { Session } from '../src/tensor/session.ts';
import { encodePng } from '../src/vision/encode.ts';

const ROOT = resolve(import.meta.dirname, '..');
const PAGE = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** An index is a list of nothing but what its file imports from beside it. */
function isIndex(source: string): boolean {
  for (const [, list] of source.matchAll(/^(?:export )?const \w+[^=\n]*= \[([\s\w,]+)\]/gm)) {
    const names = list.split(',').flatMap((name) => name.trim() || []);
    const imported = (name: string) =>
      new RegExp(`^import[^;]*\\b${name}\\b[^;]*from '\\./`, 'm').test(source);
    if (names.every(imported)) return true;
  }
  return false;
}

/** Of the page's table. */
const named = [...PAGE.matchAll(/^\| [^|]+ \| `([^`]+)` \|/gm)].map((match) => match[1]);

it('names every index that there is, and none that there is not', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => join('src', file))
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && isIndex(read(file)));
  // The commands of `papo` are a list as well, but no set of kinds.
  expect(named.toSorted()).toEqual(sources.filter((file) => file !== 'src/cli/main.ts').sort());
  expect(named.length).toBeGreaterThan(2);
});

it('names files that there are', () => {
  for (const [, path] of PAGE.matchAll(/`(src\/[\w./-]+)`/g)) expect(() => read(path)).not.toThrow();
});

/** The code blocks, by the path in their first line. */
const examples = [...PAGE.matchAll(/```ts\n\/\/ (src\/\S+)\n(.*?)```/gs)].map(([, path, code]) => ({
  path,
  code,
}));

it('shows one member of every set, each a file that there is not yet', () => {
  // An engine is no short example.
  const folders = named.map((index) => dirname(index)).filter((folder) => folder !== 'src/engine');
  const folderOf = ({ path }: { path: string }) =>
    folders.find((folder) => path.startsWith(`${folder}/`)) ?? path;
  expect(examples.map(folderOf).sort()).toEqual(folders.sort());
  for (const { path } of examples) expect(() => read(path)).toThrow('ENOENT');
});

it('shows members whose types are right', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const code = new Map(examples.map((example) => [join(ROOT, example.path), example.code]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => code.has(path) || fileExists(path);
  host.readFile = (path) => code.get(path) ?? readFile(path);
  host.getSourceFile = (path, version) => {
    const text = code.get(path);
    return text === undefined ? getSourceFile(path, version) : ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram([...code.keys()], options, host);
  const faults = [...code.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  expect(
    faults.map(
      (fault) => `${fault.file?.fileName}: ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`,
    ),
  ).toEqual([]);
});

/** What a symbolic function of arrays, each [1, T], comes to. */
async function evaluate<X extends object = Record<string, Tensor>>(
  arrays: Record<string, number[]>,
  of: (x: X) => Tensor,
): Promise<number[]> {
  const tensors = Object.entries(arrays).map(
    ([name, { length }]) => [name, input(name, [1, length])] as const,
  );
  const session = await Session.create(compile({ value: of(Object.fromEntries(tensors) as X) }), {
    threads: 1,
  });
  const fed = Object.entries(arrays).filter(([name]) =>
    session.program.inputs.some((port) => port.name === name),
  );
  const { value } = await session.run(
    Object.fromEntries(fed.map(([name, numbers]) => [name, Float32Array.from(numbers)])),
  );
  await session.close();
  return [...(value as Float32Array)];
}

describe('what it shows', () => {
  // Within the repository, so that packages are found.
  mkdirSync(join(ROOT, '.papo'), { recursive: true });
  const dir = mkdtempSync(join(ROOT, '.papo/extending-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  /** The one thing that an example exports, run from a folder of its own. */
  async function member<T>(path: string): Promise<T> {
    const code = examples.find((example) => example.path === path)?.code ?? '';
    const file = join(dir, path.replaceAll('/', '-'));
    const from = dirname(join(ROOT, path));
    const absolute = code.replace(/from '(\.[^']+)'/g, (_, to) => `from '${relative(dir, join(from, to))}'`);
    writeFileSync(file, absolute);
    return Object.values(await import(pathToFileURL(file).href))[0] as T;
  }

  it('masks', async () => {
    const kind = await member<MaskKind>('src/mask/kinds/invert.ts');
    const context = { setting: 'mask', baseDir: '.', openScorer: () => Promise.reject() };
    const mask = await kind.open({ kind: 'invert' }, context);
    const { data } = await mask.apply({ width: 1, height: 1, data: Uint8Array.of(0, 100, 255) }, random(1));
    expect([...data]).toEqual([255, 155, 0]);
  });

  it('makes policies', async () => {
    const { recipe } = await member<NamedRecipe>('src/pretrain/recipes/stubborn.ts');
    const made = recipeSchema.parse(recipe);
    expect(stepsOf(made)).toBe(600);
    expect(made.stages).toMatchObject([{ mismatch: 0.95, digits: 1 }]);
  });

  it('grades', async () => {
    const exact = await member<Grader>('src/reward/graders/exact.ts');
    const subject = { given: 'A', truth: 'a', response: '\\boxed{A}', characters: 9 };
    expect(exact.score(subject, { ignoreCase: false })).toBe(0);
    expect(exact.score(subject, { ignoreCase: true })).toBe(1);
    expect(exact.score({ ...subject, truth: '' }, { ignoreCase: true })).toBe(null);
  });

  it('asks', async () => {
    const all = await member<Task<string, AnyQuestion, ShapesScene>>('src/data/tasks/all.ts');
    const answers = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const made = all.make(random('all', i), 112, 'medium');
      if (!made) continue;
      const { question, scene } = made;
      const answer = all.solve(question, scene)?.at(-1)?.value;
      expect(answer).toBe(String(scene.objects.length));
      expect(all.explain(random(i), question, scene, answer ?? '')[0]).toContain(answer);
      expect(all.hint(random(i), question, scene)).toMatch(/^Row \d : .* ; row \d : .* ; $/);
      answers.add(answer ?? '');
    }
    expect(all.text({ kind: 'all' })).toBe('How many objects are there?');
    expect(answers.size).toBe(7);
  });

  it('compares the rewards of a prompt', async () => {
    const sign = await member<Advantage>('src/objective/advantages/sign.ts');
    const group = { rewards_G: [1, 0, 0.5], lengths_G: [2, 1, 1] };
    expect(sign.advantages([group], undefined)).toEqual([
      [Float32Array.of(1, 1), Float32Array.of(-1), Float32Array.of(0)],
    ]);
  });

  it('stands for the advantage', async () => {
    const reinforce = await member<Surrogate>('src/objective/surrogates/reinforce.ts');
    const build = (x: SurrogateInputs) => reinforce.build(x, undefined).value;
    const arrays = { logp: [-1, -2], logp_old: [-1, -1], advantage: [0.5, -3], valid: [1, 1] };
    expect(await evaluate(arrays, build)).toEqual([-0.5, 6]);
  });

  it('tells policies apart', async () => {
    const hellinger = await member<Estimator>('src/objective/estimators/hellinger.ts');
    const arrays = { logp: [0.5, 0.5, 0.25].map(Math.log), other: [0.125, 0.5, 1].map(Math.log) };
    const values = await evaluate(arrays, ({ logp, other }) => hellinger.kl(logp, other));
    for (const [i, value] of [1, 0, -2].entries()) expect(values[i]).toBeCloseTo(value, 6);
  });

  it('shapes', async () => {
    const front = await member<Shaping>('src/objective/shapings/front.ts');
    const rollout = { length: 3, reward: 1, accuracy: 1, logprobs: {} };
    const shaped = front.shape(
      [
        {
          rollout,
          textOnly: false,
          advantage_T: Float32Array.of(1, 1, 1),
          surrogateWeight_T: Float32Array.of(1, 2, 3),
        },
      ],
      { kind: 'front', tokens: 2 },
    );
    expect([...shaped[0].surrogateWeight_T]).toEqual([1, 2, 0]);
    expect([...shaped[0].advantage_T]).toEqual([1, 1, 1]);
  });

  it('adds to the loss', async () => {
    const stay = await member<FurtherTerm>('src/objective/terms/stay.ts');
    const [term] = stay.terms({ stay: 0.5 });
    expect([term.name, term.coefficient]).toEqual(['stay', 0.5]);
    const arrays = { logp: [-1, -2], logp_old: [-1, -5], weight: [1, 1] };
    expect(await evaluate(arrays, (x) => term.value(x as Inputs) as Tensor)).toEqual([0, 9]);
  });

  it('configures a run', async () => {
    const { config } = await member<Preset>('src/settings/presets/papo-shuffle.ts');
    expect(parseObjective(config.objective).gamma).toBe(0.02);
    expect((await maskFromConfig(config.mask ?? { kind: 'blank' })).name).toBe('shuffle 28');
  });

  it('reads a set', async () => {
    const plates = await member<SuiteKind>('src/evaluate/suites/plates.ts');
    const rowsDir = join(dir, 'plates');
    mkdirSync(rowsDir);
    const png = await encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
    const picture = { bytes: Buffer.from(png).toString('base64') };
    const rows = ['A 1', 'B 2'].map((plate, i) => ({
      question: '<image>What is on the plate?',
      picture,
      plate,
      country: i === 0 ? 'fr' : 'de',
      series: 's',
    }));
    writeFileSync(join(rowsDir, 'test.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const suite = await plates.open({ name: 'plates', suite: 'plates' }, { dataDir: rowsDir });
    expect([suite.length, suite.group, suite.scoring]).toEqual([2, 'vision', 'authors']);
    const { row, task, cluster } = await suite.item(1);
    expect([row.answer, row.images.length, task, cluster]).toEqual(['B 2', 1, 'de', 's']);
  });

  it('scores', async () => {
    const caseless = await member<Scoring>('src/evaluate/scorings/caseless.ts');
    const item = { key: '1', row: { id: '1', problem: '', images: [], answer: 'Left' } };
    const judge = async (text: string) =>
      (await caseless.judge({ text, tokens: null, stop: 'stop' }, item)).verdict;
    expect(await judge('\\boxed{LEFT}')).toBe('right');
    expect(await judge('\\boxed{right}')).toBe('wrong');
    expect(await judge('left')).toBe('no box');
  });

  it('reads a checkpoint', async () => {
    const family = await member<Family>('src/model/my_vl/index.ts');
    const folder = 'test/golden/qwen2_5_vl/tiny_untied';
    const config = { ...JSON.parse(read(`${folder}/config.json`)), model_type: 'my_vl' };
    const policy = family.read(config, undefined, folder);
    expect(policy.family.title).toBe('My-VL');
    expect(policy.raw.config).toEqual(config);
    const original = { ...config, model_type: qwen2_5_vl.modelType };
    expect(policy.parameters).toEqual(qwen2_5_vl.read(original, undefined, folder).parameters);
  });
});
