/** A run's folder of made numbers and texts, as the command reads it, with a judge that is a real server. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { readJsonl } from '../../metrics/jsonl.ts';
import { random } from '../../random.ts';
import { startFakeServer } from '../server/fake-server.testing.ts';
import { builtinItems } from '../suite.testing.ts';
import { RELATEDNESS_FILE, rateAll, ratingIn } from './relatedness.ts';
import { spread } from './rescore.ts';
import { readSamples, rowsOf, samplesIn, thinned } from './samples.ts';
import { startCollapse } from './start.ts';

const dir = mkdtempSync(join(tmpdir(), 'collapse-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const run = join(dir, 'run');

const ONSET = 60;
const jsonl = (lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

beforeAll(() => {
  mkdirSync(run);
  const rng = random('made run');
  const steps = Array.from({ length: 100 }, (_, i) => {
    const far = Math.min(1, Math.max(0, (i + 1 - ONSET) / 20));
    const kl = 0.05 * 20 ** far * Math.exp(0.1 * rng.normal());
    return {
      kind: 'step',
      step: i + 1,
      kl_prcp: kl,
      kl_prcp_square: kl ** 2 + (1 + 7.4 * far),
      reward: 0.5 * (1 - 0.6 * far) + 0.01 * rng.normal(),
      clip_ratio_high: 0.001 * (1 + 8 * far),
      entropy: 0.2 * (1 + far),
      entropy_masked: 0.4 * (1 + 2 * far),
    };
  });
  writeFileSync(join(run, 'metrics.jsonl'), jsonl(steps));
  const samples = steps.flatMap(({ step }) => [
    {
      step,
      id: `a${step}`,
      problem: '<image>How many?',
      answer: '2',
      response:
        step < ONSET ? '<think> red : 2 . so 2 </think> \\boxed{2}' : 'x \\foo x \\foo x \\foo x \\boxed{1}',
      accuracy: step < ONSET ? 1 : 0,
      view: 'original',
    },
    { step, id: 'noised', problem: '', answer: '', response: 'never looked at', accuracy: 0, view: 'noised' },
  ]);
  writeFileSync(join(run, 'samples.jsonl'), jsonl(samples));
});

function terminal() {
  const texts: string[] = [];
  return { write: (text: string) => texts.push(text), text: () => texts.join('') };
}

describe('papo analyze collapse', () => {
  it('finds the onset and what changed, in words, as JSON and as a page', async () => {
    const out = terminal();
    const [page, json] = [join(dir, 'c.html'), join(dir, 'c.json')];
    expect(await startCollapse(run, { html: page, json }, out)).toBe(0);
    const found = JSON.parse(readFileSync(json, 'utf8'));
    expect(Math.abs(found.onset.step - ONSET)).toBeLessThan(8);
    expect(found.variance.after / found.variance.before).toBeCloseTo(8.4, 0);
    const change = (name: string) => found.texts.find((c: { name: string }) => c.name === name);
    expect(change('responses with meaningless LaTeX').before.value).toBe(0);
    expect(change('responses with meaningless LaTeX').after.value).toBe(1);
    expect(change('words in repeated runs').after.value).toBeGreaterThan(0.7);
    expect(out.text()).toContain(`collapse from step ${found.onset.step}`);
    expect(
      out
        .text()
        .split('\n')
        .filter((line) => line.length > 80 && !line.includes(dir)),
    ).toEqual([]);
    const text = readFileSync(page, 'utf8');
    expect(text).toContain(`onset, step ${found.onset.step}`);
    expect(text).toContain('no such command: \\foo');
    expect(text).not.toContain('never looked at');
  });

  it('takes the onset that is named, and refuses one that the run does not have', async () => {
    const out = terminal();
    await startCollapse(run, { onset: '30' }, out);
    expect(out.text()).toContain('onset at step 30, as named');
    for (const onset of ['1', '101', 'x', '2.5'])
      await expect(startCollapse(run, { onset }, terminal())).rejects.toThrow(ConfigError);
  });

  it('asks a judge of every kept response once, and says so of the second time', async () => {
    const server = await startFakeServer({ replies: [{ matching: 'Relatedness, 0 to 10', texts: ['7'] }] });
    const flags = { judge: server.url, responses: '5', out: join(dir, 'judged'), rescore: false };
    try {
      const [first, second] = [terminal(), terminal()];
      await startCollapse(run, flags, first);
      expect(first.text()).toMatch(/relatedness by \S+, 0 to\s+10: 7 ± 0 → 7 ± 0/);
      expect(server.asked()).toHaveLength(10);
      const { text, body } = server.asked()[0];
      expect(text).toContain('Reference answer:\n2');
      expect(body).toMatchObject({ temperature: 0 });
      await startCollapse(run, flags, second);
      expect(server.asked()).toHaveLength(10);
      expect(second.text()).toContain('relatedness by');
    } finally {
      await server.stop();
    }
  });

  it('looks at metrics alone', async () => {
    const out = terminal();
    await startCollapse(join(run, 'metrics.jsonl'), {}, out);
    expect(out.text()).toMatch(/metrics alone/);
  });
});

describe('the rating of a judge', () => {
  it.each([
    ['7', 7],
    [' 10\n', 10],
    ['**8**', 8],
    ['Score: 3', 3],
    ['6/10', 6],
    ['<think>It is 2 of 10.</think> 9', 9],
    ['0', 0],
    ['6.5', 6.5],
    ['11', null],
    ['-1', null],
    ['The answer 7 is related', null],
    ['', null],
  ])('%j is %s', (reply, score) => {
    expect(ratingIn(reply)).toBe(score);
  });

  it('is asked for once, in what is kept, and again where it failed', async () => {
    const samples = readSamples(run).slice(0, 12);
    let asked = 0;
    let failing = true;
    const judge = {
      url: 'http://judge',
      model: 'judge',
      parallel: 3,
      settings: {},
      chat: async () => {
        asked++;
        if (failing && asked % 4 === 0) return [{ text: '', finish: 'failed' as const, tokens: null }];
        return [{ text: asked % 5 === 0 ? 'well' : '7', finish: 'stop' as const, tokens: 1 }];
      },
      send: async () => '',
      close: async () => {},
    };
    const { signal } = new AbortController();
    const rate = () => rateAll(samples, new Map(), judge, dir, signal);
    expect(await rate()).toHaveLength(9);
    failing = false;
    const all = await rate();
    expect(all.map(({ step }) => step)).toEqual(samples.map(({ step }) => step));
    expect([asked, all.filter(({ score }) => score === null).length]).toEqual([15, 3]);
    await rate();
    expect(asked).toBe(15);
    expect(readJsonl(join(dir, RELATEDNESS_FILE))).toHaveLength(12);
  });
});

describe('the responses of a run', () => {
  it('are those that were drawn with the picture', () => {
    const samples = readSamples(run);
    expect(samples).toHaveLength(100);
    expect(samplesIn(samples, { from: 3, to: 5 }).map(({ id }) => id)).toEqual(['a3', 'a4', 'a5']);
    expect(thinned([1, 2, 3, 4, 5, 6], 3)).toEqual([1, 3, 5]);
    expect(thinned([1, 2], 3)).toEqual([1, 2]);
    expect(readSamples(dir)).toEqual([]);
  });

  it('belong to rows of the data, which are read no further than needed', async () => {
    const rows = builtinItems(20).map(({ row }) => row);
    let read = 0;
    const source = {
      length: rows.length,
      row: async (i: number) => {
        read++;
        return rows[i];
      },
    };
    const found = await rowsOf(source, new Set([rows[2].id, rows[5].id]));
    expect([...found.keys()]).toEqual([rows[2].id, rows[5].id]);
    expect(read).toBe(6);
  });

  it('have a variance over tokens', () => {
    expect(spread([1, 2, 3, 4])).toEqual({ mean: 2.5, variance: 1.25 });
  });
});
