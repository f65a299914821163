import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Layer, resolveConfig, setLayer, yamlLayer } from './resolve.ts';

const rewardOf = (...set: string[]) => resolveConfig(set.map(setLayer)).reward;

describe('which grader counts', () => {
  it('naming a function is enough', () => {
    expect(rewardOf('reward.function=my.mjs#score')).toMatchObject({ grader: 'function' });
    expect(rewardOf('reward.formatWeight=0')).toMatchObject({ grader: 'mathruler', function: null });
  });

  it('of two places the later one counts', () => {
    const file = { from: 'run.yaml', values: { reward: { function: 'my.mjs#score' } } };
    expect(resolveConfig([file, setLayer('reward.grader=equal')]).reward).toMatchObject({
      grader: 'equal',
      function: null,
    });
    const graded = { from: 'run.yaml', values: { reward: { grader: 'equal' } } };
    expect(resolveConfig([graded, setLayer('reward.function=my.mjs#score')]).reward).toMatchObject({
      grader: 'function',
    });
  });

  it('one place that names a function and another grader is refused', () => {
    const both = { from: 'run.yaml', values: { reward: { function: 'my.mjs#score', grader: 'equal' } } };
    expect(() => resolveConfig([both])).toThrow(
      "run.yaml: reward.function names my.mjs#score but reward.grader is 'equal'; leave one of them out",
    );
  });
});

describe('further rewards', () => {
  const yaml = (text: string) => {
    const dir = mkdtempSync(join(tmpdir(), 'further-'));
    writeFileSync(join(dir, 'run.yaml'), text);
    const layer = yamlLayer(join(dir, 'run.yaml'));
    rmSync(dir, { recursive: true });
    return { dir, layer };
  };
  const further = (layers: readonly Layer[]) => resolveConfig(layers).reward.further;

  it('come from a file, with paths that count from it, and are changed key by key', () => {
    const { dir, layer } = yaml(
      'reward:\n  further:\n    short: {kind: length, target: 40, slack: 20, weight: 0.1}\n    tone: {function: my.ts#tone, weight: 0.3}\n',
    );
    expect(further([layer, setLayer('reward.further.short.weight=0.2')])).toEqual({
      short: { kind: 'length', target: 40, slack: 20, sides: 'above', unit: 'tokens', weight: 0.2 },
      tone: { kind: 'function', function: `${join(dir, 'my.ts')}#tone`, weight: 0.3, timeout: 60 },
    });
  });

  it('stand on the command line, in any order', () => {
    const parts = ['weight=0.2', 'kind=length', 'target=40', 'slack=20'];
    const set = (all: string[]) => all.map((part) => setLayer(`reward.further.short.${part}`));
    const one = further(set(parts));
    expect(one.short).toMatchObject({ kind: 'length', target: 40, weight: 0.2 });
    expect(further(set([...parts].reverse()))).toEqual(one);
    expect(further(set(['weight=1', 'function=my.ts'])).short).toMatchObject({ kind: 'function' });
  });

  it('of another kind take nothing from the one before', () => {
    const { layer } = yaml('reward: {further: {short: {kind: length, target: 40, slack: 20, weight: 0.1}}}');
    const other = setLayer('reward.further.short={kind: number, weight: 0.5}');
    expect(further([layer, other])).toEqual({
      short: { kind: 'number', tolerance: { absolute: 0, relative: 0 }, weight: 0.5 },
    });
  });

  it.each([
    ['{kind: format}', 'reward.further.x.weight: nothing is given, allowed is a number -1000 to 1000'],
    ['{weight: 1}', 'reward.further.x.kind: nothing is given, allowed is one of function, mathruler, equal'],
    ['{kind: lenght, weight: 1}', 'reward.further.x.kind: "lenght" is given, allowed is one of'],
    ['{kind: lenght, weight: 1}', 'did you mean length?'],
    ['{kind: format, weight: 5000}', 'reward.further.x.weight: 5000 is given, allowed is a number -1000'],
    ['{kind: format, weight: 1, target: 3}', 'reward.further.x.target: no such key'],
  ])('%s is refused by its key', (block, words) => {
    expect(() => further([setLayer(`reward.further.x=${block}`)])).toThrow(words);
  });

  it('have names that a metric may have', () => {
    expect(() => further([setLayer("reward.further={'a/b': {kind: format, weight: 1}}")])).toThrow(
      /reward\.further\.a\/b: .*a name has letters, digits, - and _ only/,
    );
  });
});
