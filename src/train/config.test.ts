import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../errors.ts';
import { presetNames, presetSizes } from '../objective/presets.ts';
import { configMarkdown, configYaml } from './describe.ts';
import { describe as meaning, rootNode, type SchemaNode } from './schema.ts';
import { type Layer, merge, resolveConfig, setLayer, yamlLayer } from './settings.ts';

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
    expect(config.objective).toMatchObject({ gamma: 0.75, eta1: 0.25, eta2: 0.03, advantage: 'dapo' });
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
        expect(again).toEqual(config);
      }
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
    ['train.steps=1.5', 'train.steps: 1.5 is given, allowed is a whole number 1 or more'],
    ['train.steps=', 'train.steps: null is given, allowed is a whole number 1 or more'],
    ['objective.average=tokens', 'allowed is one of token, sequence; did you mean token?'],
    ['preset=papo', 'allowed is one of grpo, dapo, papo-g,'],
    ['preset=papo', 'did you mean papo-g?'],
    ['mask.kind=randm', 'mask.kind: "randm" is given, allowed is one of random, patch, semantic,'],
    ['mask.kind=randm', 'did you mean random?'],
    ['mask={kind: noise}', 'noise takes either std'],
    ['engine.threads=0', 'engine.threads: 0 is given, allowed is null or a whole number 1 or more'],
    ['data.builtin.tasks=[cuont]', 'data.builtin.tasks.0: "cuont" is given, allowed is one of count,'],
    ['name=a/b', 'name: "a/b" is given, letters, digits'],
    ['objective.shaping=[{kind: vpo}]', 'objective.shaping.0.kind: "vpo" is given, allowed is one of vppo'],
  ])('%s', (assignment, message) => {
    expect(fault(assignment)).toContain(message);
    expect(fault(assignment)).toMatch(/^--set: [^\n]+$/);
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
      expect(meaning(path, node), path.join('.')).toMatch(/^[^\n]+$/);
    }
  });

  it('prints YAML that reads back as the settings, a comment above every key', () => {
    const config = resolveConfig([]);
    const yaml = configYaml(config, { comments: true });
    expect(parse(yaml)).toEqual(config);
    const lines = yaml.split('\n');
    lines.forEach((line, i) => {
      if (/^\s*\w+:/.test(line)) expect(lines[i - 1], line).toMatch(/^\s*# \S/);
    });
  });

  it('is docs/config.md (npx vitest run src/train/config.test.ts -u writes it)', async () => {
    await expect(configMarkdown()).toMatchFileSnapshot('../../docs/config.md');
  });
});
