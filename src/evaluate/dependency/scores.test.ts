import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DataError } from '../../errors.ts';
import { randomMask } from '../../mask/kinds/random.ts';
import { builtinItems, suiteOf } from '../suite.testing.ts';
import type { Answerer, Item } from '../types.ts';
import { references, type ScorePlan, scoreAll, WORDINGS } from './scores.ts';

const root = mkdtempSync(join(tmpdir(), 'scores-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => mkdtempSync(join(root, `${folders++}-`));

const items = builtinItems(6);
const own: Item = {
  key: 'own',
  row: { id: 'own', problem: '<image>What?', images: items[0].row.images, answer: '12' },
};

/** One token a word and one for the end; each costs as many nats as it has letters, more without a picture. */
function wordScorer(fail: (item: Item) => boolean = () => false) {
  const asked: string[] = [];
  const answerer: Answerer = {
    description: 'words',
    settings: { name: 'words' },
    batch: 8,
    parallel: 1,
    ask: async () => [],
    async score(items_Q, responses_Q) {
      asked.push(...items_Q.map(({ key }) => key));
      if (items_Q.some(fail)) throw new DataError('too long');
      return responses_Q.map((text, q) => {
        const less = items_Q[q].row.images.length > 0 ? 1 : 2;
        return [
          ...text
            .split(/\s+/)
            .filter((word) => word !== '')
            .map((word) => -less * word.length),
          -0.5,
        ];
      });
    },
    close: async () => {},
  };
  return { answerer, asked };
}

const plan = (answerer: Answerer, all: Item[], more: Partial<ScorePlan> = {}): ScorePlan => ({
  answerer,
  suites: [suiteOf(all)],
  views: ['original', 'none'],
  settings: { mask: randomMask(0.6), seed: 's', pixels: {} },
  seed: 's',
  decides: { policy: { name: 'words' }, seed: 's', views: {} },
  ...more,
});

const { signal } = new AbortController();

describe('right responses', () => {
  it('are solutions in several wordings, always the same, or the boxed answer alone', () => {
    const solutions = references(items[0], 'small', 's');
    expect(solutions).toHaveLength(WORDINGS);
    expect(references(items[0], 'small', 's')).toEqual(solutions);
    for (const text of solutions) expect(text.endsWith(`\\boxed{${items[0].row.answer}}`)).toBe(true);
    expect(references(own, 'small', 's')).toEqual(['\\boxed{12}']);
  });

  it('are scored under each view, whole and from their box on', async () => {
    const scores = await scoreAll(folder(), plan(wordScorer().answerer, [...items, own]), signal);
    expect(scores).toHaveLength(2 * (items.length * WORDINGS + 1));
    const of = (view: string) => scores.find((s) => s.key === 'own' && s.view === view);
    expect(of('original')).toMatchObject({ logprob: -10.5, boxed: -10.5, tokens: 2 });
    expect(of('none')).toMatchObject({ logprob: -20.5, boxed: -20.5 });
    for (const { key, view, boxed, logprob } of scores) {
      if (key === 'own') continue;
      const answer = items.find((item) => item.key === key)?.row.answer ?? '';
      expect(boxed).toBe(-(view === 'none' ? 2 : 1) * `\\boxed{${answer}}`.length - 0.5);
      expect(logprob).toBeLessThan(boxed);
    }
  });

  it('are not scored twice, and others go on in the same folder', async () => {
    const dir = folder();
    const { answerer, asked } = wordScorer();
    const first = await scoreAll(dir, plan(answerer, items.slice(0, 3)), signal);
    const before = asked.length;
    expect(await scoreAll(dir, plan(answerer, items.slice(0, 3)), signal)).toEqual(first);
    expect(asked).toHaveLength(before);
    await scoreAll(dir, plan(answerer, items), signal);
    expect(new Set(asked.slice(before))).toEqual(new Set(items.slice(3).map(({ key }) => key)));
    const another = plan(answerer, items, { decides: { policy: { name: 'another' }, seed: 's', views: {} } });
    await expect(scoreAll(dir, another, signal)).rejects.toThrow(/another policy/);
  });

  it('leave out what cannot be put, and nothing else', async () => {
    const { answerer } = wordScorer(({ key }) => key === items[1].key);
    const scores = await scoreAll(folder(), plan(answerer, items), signal);
    expect(new Set(scores.map(({ key }) => key))).toEqual(
      new Set(items.filter((_, i) => i !== 1).map(({ key }) => key)),
    );
  });

  it('are none where the policy cannot be looked into, or no picture is there to take away', async () => {
    const { score: _, ...blind } = wordScorer().answerer;
    expect(await scoreAll(folder(), plan(blind, items), signal)).toEqual([]);
    const text: Item = { key: 't', row: { id: 't', problem: '1 + 1?', images: [], answer: '2' } };
    expect(await scoreAll(folder(), plan(wordScorer().answerer, [text]), signal)).toEqual([]);
  });

  it('stop where they are told to', async () => {
    const stopped = AbortSignal.abort('SIGINT');
    await expect(scoreAll(folder(), plan(wordScorer().answerer, items), stopped)).rejects.toBe('SIGINT');
  });
});
