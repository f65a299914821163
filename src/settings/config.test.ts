import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../errors.ts';
import { DEFAULT_POLICY } from '../model/shipped.ts';
import { configMarkdown } from './config-page.ts';
import { configYaml } from './describe.ts';
import { rootNode, type SchemaNode } from './key-lookup.ts';
import { isGone, PATH_KEYS, withAbsolutePaths } from './paths.ts';
import { changesText, defaultName } from './preset-layer.ts';
import { presetNames } from './presets/index.ts';
import { presetSizes } from './presets/sizes.ts';
import { type Layer, merge, resolveConfig, setLayer, yamlLayer } from './resolve.ts';

const set = (...assignments: string[]): Layer[] => assignments.map(setLayer);
const fault = (...assignments: string[]): string => {
  try {
    resolveConfig(set(...assignments));
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`${assignments} was accepted`);
};
const yamlFile = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'papo-config-')), 'run.yaml');
  writeFileSync(path, text);
  return path;
};

describe('precedence', () => {
  it('is preset, then file, then command line', () => {
    const file = yamlLayer(yamlFile('preset: papo-d\nobjective:\n  gamma: 0.5\n  eta1: 0.25\n'));
    const config = resolveConfig([file, ...set('objective.gamma=0.75')]);
    expect(config.objective).toMatchObject({
      gamma: 0.75,
      eta1: 0.25,
      eta2: 0.03,
      advantage: { kind: 'dapo' },
    });
    expect(config.dynamicSampling).toMatchObject({ enabled: true, low: 0.01, high: 0.99, maxTries: 20 });
  });

  it('takes the preset from whichever layer names it last', () => {
    const file = yamlLayer(yamlFile('preset: papo-g\n'));
    expect(resolveConfig([file, ...set('preset=grpo')]).objective.gamma).toBe(0);
  });

  it('replaces a block whose kind changes, and merges one whose kind stays', () => {
    expect(resolveConfig(set('mask.kind=blank')).mask).toEqual({ kind: 'blank' });
    expect(resolveConfig(set('mask.ratio=0.8')).mask).toMatchObject({ kind: 'random', ratio: 0.8 });
    expect(merge({ a: { kind: 'x', b: 1 } }, { a: { kind: 'y' } })).toEqual({ a: { kind: 'y' } });
  });

  it('resolves every preset in every size, and back from its own YAML to the same', () => {
    for (const preset of presetNames)
      for (const size of presetSizes) {
        const config = resolveConfig(set(`preset=${preset}`, `size=${size}`));
        const again = resolveConfig([yamlLayer(yamlFile(configYaml(config, { comments: true })))]);
        expect(again).toEqual({ ...config, out: resolve('runs') });
      }
  });
});

describe('a saved configuration', () => {
  const saved = (assignments: string[], text = (yaml: string) => yaml) =>
    yamlLayer(yamlFile(text(configYaml(resolveConfig(set(...assignments)), { comments: true }))));
  const edit = (from: string, to: string) => (yaml: string) => {
    expect(yaml).toContain(from);
    return yaml.replace(from, to);
  };

  it('gives way to any other preset and size, and to every flag', () => {
    const file = saved(['preset=papo-g']);
    for (const preset of presetNames)
      for (const size of presetSizes) {
        const config = resolveConfig([file, ...set(`preset=${preset}`, `size=${size}`)]);
        const real = resolveConfig(set(`preset=${preset}`, `size=${size}`));
        expect(config).toEqual({ ...real, out: config.out });
        expect(changesText(config)).toBe('');
        expect(defaultName(config)).toBe(`${preset}-seed1`);
      }
    const config = resolveConfig([file, ...set('preset=grpo', 'objective.beta=0.5', 'rollout.prompts=7')]);
    expect(config).toMatchObject({ objective: { gamma: 0, beta: 0.5 }, rollout: { prompts: 7 } });
  });

  it('keeps what a person changed in it, and what no preset settles', () => {
    const file = saved(['train.steps=9', 'reward.grader=number'], edit('prompts: 32', 'prompts: 16'));
    const config = resolveConfig([file, ...set('preset=grpo')]);
    expect(config).toMatchObject({
      objective: { gamma: 0 },
      rollout: { prompts: 16, samples: 8 },
      train: { steps: 9, miniBatches: 2 },
      reward: { grader: 'number' },
    });
    expect(changesText(config)).toBe('rollout.prompts 16 (preset: 32)');
  });

  it('is refused where its change meets that of the other preset, with words that mend it', () => {
    const file = saved([], edit('gamma: 0.02', 'gamma: 0.05'));
    const other = (...more: string[]) => resolveConfig([file, ...set('preset=grpo', ...more)]);
    const words =
      'objective.gamma is 0.05 there, which its preset papo-g (tiny) does not have, and 0 in grpo (tiny); ' +
      'say which counts: --set objective.gamma=0.05 or --set objective.gamma=0';
    expect(() => other()).toThrow(`${file.from}: ${words}`);
    const custom = other('objective.gamma=0.05');
    expect(changesText(custom)).toBe('objective.gamma 0.05 (preset: 0)');
    expect(defaultName(custom)).toBe('grpo-custom-seed1');
    expect(defaultName(other('objective.gamma=0'))).toBe('grpo-seed1');
    // The other size has the same γ: there is nothing to decide.
    expect(resolveConfig([file, ...set('size=7b')])).toMatchObject({
      objective: { gamma: 0.05, eta1: 0.05 },
      optimizer: { learningRate: 1e-6 },
    });
  });

  it('takes masks and views as a whole', () => {
    const file = saved(['preset=dvrp']);
    expect(resolveConfig([file, ...set('preset=papo-g')]).views).toEqual({});
    const masked = saved(['preset=papo-g', 'mask={kind:noise,std:20}']);
    expect(resolveConfig([masked, ...set('preset=papo-d')]).mask).toEqual({ kind: 'noise', std: 20 });
    expect(() => resolveConfig([masked, ...set('preset=vppo')])).toThrow(
      "say which counts: --set 'mask={ kind: noise, std: 20 }' or --set 'mask={ kind: random, ratio: 0.5, side: 14 }'",
    );
  });

  it('does not hand on a name that was made of its preset and seed', () => {
    for (const name of ['papo-g-seed1', 'papo-g-seed1-2']) {
      const file = saved([`name=${name}`]);
      expect(resolveConfig([file, ...set('preset=grpo')]).name).toBeNull();
      expect(resolveConfig([file, ...set('seed=2')]).name).toBeNull();
    }
    expect(resolveConfig([saved(['name=mine']), ...set('preset=grpo')]).name).toBe('mine');
    expect(resolveConfig([saved(['name=papo-g-seed1x']), ...set('preset=grpo')]).name).toBe('papo-g-seed1x');
  });

  it('is told from a file that a person wrote, whose every value stays', () => {
    const file = yamlLayer(yamlFile('preset: papo-g\nobjective: {gamma: 0.02}\nrollout: {prompts: 32}\n'));
    const config = resolveConfig([file, ...set('preset=grpo', 'size=7b')]);
    expect(config).toMatchObject({ objective: { gamma: 0.02 }, rollout: { prompts: 32, samples: 5 } });
    expect(changesText(config)).toBe('objective.gamma 0.02 (preset: 0), rollout.prompts 32 (preset: 384)');
    expect(defaultName(config)).toBe('grpo-custom-seed1');
    expect(configYaml(config, { comments: true })).toContain(
      '# here with other values: objective.gamma 0.02 (preset: 0)',
    );
  });
});

describe('paths', () => {
  it('of a file count from its folder, of the command line from where one stands', () => {
    const path = yamlFile(
      'policy: ../p\nout: runs\ndata: {dir: rows}\nreward: {function: ./my.ts#score}\n' +
        'mask: {kind: function, module: /abs/m.js#f}\nviews: {noised: {kind: semantic, model: dino}}\n',
    );
    const folder = dirname(path);
    expect(resolveConfig([yamlLayer(path)])).toMatchObject({
      policy: join(dirname(folder), 'p'),
      out: join(folder, 'runs'),
      data: { dir: join(folder, 'rows') },
      reward: { function: `${join(folder, 'my.ts')}#score` },
      mask: { module: '/abs/m.js#f' },
      views: { noised: { model: join(folder, 'dino') } },
    });
    const config = resolveConfig([yamlLayer(path), ...set('data.dir=rows', 'policy=p')]);
    expect(config).toMatchObject({ policy: 'p', data: { dir: 'rows' } });
    expect(parse(configYaml(config, { comments: false }))).toMatchObject({
      policy: resolve('p'),
      out: join(folder, 'runs'),
      data: { dir: resolve('rows') },
      reward: { function: `${join(folder, 'my.ts')}#score` },
    });
  });

  it('are none where a policy of papo is named', () => {
    const file = yamlFile(`policy: ${DEFAULT_POLICY}\nout: /runs\n`);
    for (const layers of [[yamlLayer(file)], set(`policy=${DEFAULT_POLICY}`), set('policy=null'), []]) {
      const config = resolveConfig(layers);
      expect(config.policy).toBe(DEFAULT_POLICY);
      expect(configYaml(config, { comments: false })).toContain(`\npolicy: ${DEFAULT_POLICY}\n`);
      expect(withAbsolutePaths(config).policy).toBe(DEFAULT_POLICY);
    }
    expect(isGone(DEFAULT_POLICY)).toBe(false);
    expect(() => resolveConfig(set('policy=builtin:lookin'))).toThrow(
      /^--set: policy: "builtin:lookin" is given, those that come with papo are .*builtin:looking/,
    );
  });

  it('are all that the schema marks', () => {
    expect(PATH_KEYS.map((key) => key.join('.')).sort()).toEqual([
      'data.dir',
      'data.imageDir',
      'mask.model',
      'mask.module',
      'out',
      'policy',
      'reward.function',
      'reward.further.*.function',
      'views.*.model',
      'views.*.module',
    ]);
  });

  it('leave the folder of runs open in settings that may lie anywhere, until someone chooses it', () => {
    const print = (...assignments: string[]) =>
      configYaml(resolveConfig(set(...assignments)), { comments: true, anywhere: true });
    expect(resolveConfig([yamlLayer(yamlFile(print()))])).toEqual(resolveConfig([]));
    expect(print('out=mine')).toContain(`\nout: ${resolve('mine')}\n`);
  });

  it('of a settings file that is none are told in one line', () => {
    const dir = mkdtempSync(join(tmpdir(), 'papo-config-'));
    expect(() => yamlLayer(dir)).toThrow(`${dir}: cannot be read (EISDIR): it is a folder; give the path`);
    expect(() => yamlLayer(' ')).toThrow('--config: no file is named');
    expect(() => yamlLayer(yamlFile('seed:1'))).toThrow("write a space after each colon, such as 'seed: 1'");
    if (process.platform === 'linux')
      expect(() => yamlLayer('/dev/zero')).toThrow('/dev/zero: is larger than the 64 KB that are read');
  });
});

describe('faults', () => {
  it.each([
    ['objective.gama=1', 'objective.gama: no such key; did you mean objective.gamma?'],
    ['optimiser.learningRate=1', 'optimiser: no such key; did you mean optimizer?'],
    ['learningRate=1', 'learningRate: no such key; did you mean optimizer.learningRate?'],
    ['train.lr=1', 'train.lr: no such key; did you mean optimizer.learningRate?'],
    ['mini_batches=3', 'mini_batches: no such key; did you mean train.miniBatches?'],
    ['objective.gamma=fast', 'objective.gamma: "fast" is given, allowed is a number 0 or more'],
    ['objective.gamma=-1', 'objective.gamma: -1 is given, allowed is a number 0 or more'],
    ['rollout.topP=2', 'rollout.topP: 2 is given, allowed is a number above 0, at most 1'],
    ['train.steps=1.5', 'train.steps: 1.5 is given, allowed is a whole number 1 to 10000000'],
    ['train.steps=', 'train.steps: null is given, allowed is a whole number 1 to 10000000'],
    ['objective.average=tokens', 'allowed is one of token, sequence; did you mean token?'],
    ['preset=papo', 'allowed is one of grpo, dapo, papo-g,'],
    ['preset=papo', 'did you mean papo-g?'],
    ['mask.kind=randm', 'mask.kind: "randm" is given, allowed is one of random, patch, semantic,'],
    ['mask.kind=randm', 'did you mean random?'],
    ['mask={kind: noise}', 'noise takes either std'],
    ['engine.threads=0', 'engine.threads: 0 is given, allowed is null or a whole number 1 to 1024'],
    ['data.builtin.tasks=[cuont]', 'data.builtin.tasks.0: "cuont" is given, allowed is one of count,'],
    ['name=a/b', 'name: "a/b" is given, letters, digits'],
    ['toString=1', 'toString: no such key (here are: name'],
    ['objective.constructor=1', 'constructor: no such key'],
    ['objective.hasOwnProperty=1', 'objective.hasOwnProperty: no such key (here are: gamma'],
    ['__proto__.gamma=1', '__proto__: no such key'],
    ['views.__proto__={kind: blank}', '__proto__: no such key'],
    ['rollout.prompts=1e9', 'rollout.prompts: 1000000000 is given, allowed is a whole number 1 to 65536'],
    ['data.builtin.train=1e12', 'data.builtin.train: 1000000000000 is given, allowed is a whole number 1 to'],
    [
      'rollout.maxTokens=1e9',
      'rollout.maxTokens: 1000000000 is given, allowed is a whole number 1 to 131072',
    ],
    ['rollout={prompts: 60000, samples: 1000}', 'prompts × samples × maxTokens is at most 1000000000'],
    ['engine.threads=.inf', 'engine.threads: Infinity is given, allowed is null or a whole number'],
    ['views.noised=kind:noise', "quotes around a block on the command line: --set 'mask={kind: noise"],
    ['objective.gamma=&a [*a]', 'the anchor a holds itself'],
    ['objective.gamma=*a', 'the anchor a is not set'],
    ['objective.gamma=[1', '[1: Flow sequence must end with a ] at line 1'],
    ['name=..', 'name: ".." is given, letters, digits'],
    ['name=-x', 'name: "-x" is given, letters, digits'],
    ['name=.hidden', 'a letter, digit or _ at both ends'],
    ['name="a\\0b"', 'name: "a\\u0000b" is given, letters, digits'],
    ['name=nul', 'Windows keeps this name'],
    [`name=${'n'.repeat(101)}`, 'allowed is null or a text of at most 100 characters'],
    ['out=""', 'out: "" is given, allowed is a path'],
    [`objective.gamma=${'x'.repeat(5000)}`, `${'x'.repeat(199)}… (5002 characters) is given`],
    ['objective.shaping=[{kind: vpo}]', 'objective.shaping.0.kind: "vpo" is given, allowed is one of vppo'],
  ])('%s', (assignment, message) => {
    expect(fault(assignment)).toContain(message);
    expect(fault(assignment)).toMatch(/^--set[ :][^\n]+$/);
  });

  it('names the file that a wrong key comes from, and the line of broken YAML', () => {
    const path = yamlFile('rollout:\n  promts: 3\n');
    expect(() => resolveConfig([yamlLayer(path)])).toThrow(
      `${path}: rollout.promts: no such key; did you mean rollout.prompts?`,
    );
    const broken = yamlFile('a: 1\nb: [1,\n');
    expect(() => yamlLayer(broken)).toThrow(/run\.yaml: .*line 3/);
    expect(() => yamlLayer('/nowhere.yaml')).toThrow('/nowhere.yaml: cannot be read (ENOENT)');
    expect(() => yamlLayer(yamlFile('just words'))).toThrow('not a block of keys');
    expect(() => setLayer('objective.gamma')).toThrow('expected key=value');
  });
});

describe('documentation', () => {
  const leaves = function* (node: SchemaNode, path: string[] = []): Generator<[string[], SchemaNode]> {
    for (const variant of node.anyOf ?? node.oneOf ?? [node])
      for (const [key, child] of Object.entries(variant.properties ?? {})) {
        yield [[...path, key], child];
        yield* leaves(child, [...path, key]);
      }
  };

  it('has one line on every key', () => {
    for (const [path, node] of leaves(rootNode)) {
      if (node.const !== undefined) continue;
      expect(node.description ?? '', path.join('.')).toMatch(/^[^\n]+$/);
    }
  });

  it('prints YAML that reads back as the settings, a comment above every key', () => {
    const config = resolveConfig([]);
    const yaml = configYaml(config, { comments: true });
    expect(parse(yaml)).toEqual({ ...config, out: resolve('runs') });
    const lines = yaml.split('\n');
    lines.forEach((line, i) => {
      if (/^\s*\w+:/.test(line)) expect(lines[i - 1], line).toMatch(/^\s*# \S/);
    });
  });

  it('is docs/config.md (npx vitest run src/settings/config.test.ts -u writes it)', async () => {
    await expect(configMarkdown()).toMatchFileSnapshot('../../docs/config.md');
  });
});
