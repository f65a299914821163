/** A real server process judges: well, unlike itself, without a quotation, malformed, refusing, and not at all. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRow } from '../../data/builtin/make.ts';
import type { Items } from '../reopened.ts';
import { openChat } from '../server/chat.ts';
import { type FakeScript, type FakeServer, startFakeServer } from '../server/fake-server.testing.ts';
import { lineOf } from './errors.testing.ts';
import { JUDGEMENTS_FILE, judgeAnswers, type ToJudge } from './judging.ts';
import { idOf } from './wrong.ts';

const row = makeRow('judged', 0);
const items: Items = {
  problems: [],
  of: async (line) => (line.at === 99 ? undefined : { key: line.key, row }),
};
const settings = (url: string) => ({ url, model: 'fake-vl', temperature: 1, topP: 1, maxTokens: 256 });
const json = (kind: string, quote = 'the word') =>
  JSON.stringify({ kind, quote, reason: 'so', confidence: 1 });

/** What the judge says of a response with this word in it: to the seeds in turn. */
const SAID: Record<string, string[]> = {
  agreed: [json('perception')],
  split: [json('reasoning'), json('reasoning'), json('calculation')],
  torn: [json('reasoning'), json('calculation'), json('inconsistency')],
  invented: [json('perception', 'words that are not there')],
  garbled: ['perception, I think {'],
  refusing: ["I'm sorry, but I can't help with that."],
};
const script: FakeScript = {
  replies: Object.entries(SAID).map(([word, texts]) => ({ matching: `${word} is the word`, texts })),
};

const servers: FakeServer[] = [];
async function started(given: FakeScript) {
  const server = await startFakeServer(given);
  servers.push(server);
  return server;
}
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const judged = (dir: string, words: readonly string[]): ToJudge[] =>
  words.map((word, at) => ({
    dir,
    line: lineOf({ at, cause: 'reasoning', response: `${word} is the word ${at} \\boxed{1}` }),
  }));

const patience = { firstWait: 1, longestWait: 5, tries: 2 };

describe('a judge behind a server', () => {
  it('sorts by majority; what is no judgement is asked for once more and then counted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'papo-judge-'));
    const fake = await started(script);
    const server = await openChat({ url: fake.url, parallel: 3 });
    const wanted = judged(dir, Object.keys(SAID));
    const found = await judgeAnswers(wanted, items, server, { settings: settings(fake.url), repeats: 3 });
    const kind = (i: number) => found.sorting.get(idOf(wanted[i].line));
    expect([0, 1, 2, 3, 4, 5].map(kind)).toEqual([
      'perception',
      'reasoning',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    // Each of three repeats twice.
    expect(found.problems).toMatchObject({
      'quote not in the response': 6,
      malformed: 6,
      refused: 6,
      failed: 0,
    });
    expect(found).toMatchObject({ asked: 6, wanted: 18, valid: 9, unsorted: 4, notOpened: 0 });
    expect(found.repeats).toMatchObject({ n: 3, unanimous: 1 });
    expect(found.repeats.equal).toBeCloseTo((1 + 1 / 3 + 0) / 3, 12);
    expect(found.said.get(idOf(wanted[0].line))).toMatchObject({ quote: 'the word', reason: 'so' });
    const texts = fake.asked().map(({ text }) => text);
    expect(texts.every((text) => text.includes('<picture>') && text.includes('Right answer: 2'))).toBe(true);
    const before = texts.length;
    const again = await judgeAnswers(wanted, items, server, { settings: settings(fake.url), repeats: 3 });
    expect(fake.asked()).toHaveLength(before);
    expect([...again.sorting]).toEqual([...found.sorting]);
    expect(again.problems).toEqual(found.problems);
    // More repeats ask for the further ones only.
    await judgeAnswers(wanted.slice(0, 1), items, server, { settings: settings(fake.url), repeats: 5 });
    const more = fake.asked().slice(before);
    expect(more.reduce((n, { body }) => n + Number(body?.n ?? 1), 0)).toBe(2);
    await server.close();
  });

  it('goes on after it was stopped without asking for anything twice, to the same end', async () => {
    const words = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'agreed' : 'split'));
    const [whole, parts] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'papo-judge-')));
    const fake = await started(script);
    const options = { settings: settings(fake.url), repeats: 3 };
    const server = await openChat({ url: fake.url, parallel: 2 });
    const expected = await judgeAnswers(judged(whole, words), items, server, options);
    const once = fake.asked().length;
    const controller = new AbortController();
    const stopped = judgeAnswers(judged(parts, words), items, server, {
      ...options,
      signal: controller.signal,
      hear: (done) => done === 4 && controller.abort('SIGINT'),
    });
    await expect(stopped).rejects.toBe('SIGINT');
    const kept = readFileSync(join(parts, JUDGEMENTS_FILE), 'utf8').split('\n').length - 1;
    expect(kept).toBeGreaterThanOrEqual(12);
    expect(kept).toBeLessThan(36);
    const found = await judgeAnswers(judged(parts, words), items, server, options);
    expect([...found.sorting]).toEqual([...expected.sorting]);
    expect(found.repeats).toEqual(expected.repeats);
    // Those in flight when it was stopped are all that may have been asked for twice.
    expect(fake.asked().length).toBeLessThanOrEqual(2 * once + 2);
    await server.close();
  });

  it('counts requests that fail, asks for them again another time, and never for a question that is gone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'papo-judge-'));
    const wanted = [
      ...judged(dir, ['agreed', 'split']),
      { dir, line: lineOf({ at: 99, cause: 'reasoning' }) },
    ];
    const fake = await started({
      ...script,
      faults: [{ do: 'status', status: 500, matching: 'agreed is the word' }],
    });
    const server = await openChat({ url: fake.url, patience });
    const options = { settings: settings(fake.url), repeats: 3 };
    const found = await judgeAnswers(wanted, items, server, options);
    expect(found.problems.failed).toBe(6);
    expect(found).toMatchObject({ asked: 3, valid: 3, unsorted: 2, notOpened: 1 });
    await server.close();
    await fake.stop();
    await fake.start(script);
    const reopened = await openChat({ url: fake.url });
    expect(await judgeAnswers(wanted, items, reopened, options)).toMatchObject({ valid: 6, unsorted: 1 });
    await reopened.close();
  });
});
