import { afterEach, describe, expect, it } from 'vitest';
import { FORMAT_PROMPT } from '../../text/prompt.ts';
import { decodeImage } from '../../vision/decode.ts';
import { encodePng } from '../../vision/encode.ts';
import type { AskOptions, Item } from '../types.ts';
import { type FakeScript, type Fault, startFakeServer } from './fake-server.testing.ts';
import { openServerAnswerer } from './server-answerer.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Data = Parameters<typeof openServerAnswerer>[0]['config']['data'];
const DATA: Data = { formatPrompt: null, systemPrompt: '', minPixels: null, maxPixels: null };

async function open(script: FakeScript = {}, data: Partial<Data> = {}) {
  const fake = await startFakeServer(script);
  closing.push(() => fake.stop());
  const patience = { tries: 3, firstWait: 20, longestWait: 100, unreachable: 300 };
  const answerer = await openServerAnswerer({
    url: fake.url,
    patience,
    config: { data: { ...DATA, ...data } },
  });
  closing.push(() => answerer.close());
  return { fake, answerer };
}

const grey = (width: number, height: number, value: number) =>
  encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
const item = (problem: string, images: Uint8Array[] = [], more: Partial<Item['row']> = {}): Item => ({
  key: problem,
  row: { id: problem, problem, images, answer: '1', ...more },
});
const OPTIONS: AskOptions = { samples: 2, seed: 's', temperature: 1, topP: 0.99, topK: 0, maxTokens: 50 };

interface Part {
  type: string;
  text?: string;
  image_url?: { url: string };
}
const contentOf = (body: Record<string, unknown> | undefined, role = 'user') =>
  (body as { messages: { role: string; content: Part[] | string }[] }).messages.find((m) => m.role === role)
    ?.content;
const pictureOf = ({ image_url }: Part) =>
  decodeImage(Buffer.from(image_url?.url.split(',')[1] ?? '', 'base64'), 'sent');

describe('a policy behind a server', () => {
  it('is shown three pictures where they stand in the words, and told the format once', async () => {
    const { answerer, fake } = await open();
    const images = await Promise.all([10, 20, 30].map((value) => grey(8, 4, value)));
    const problem = `Look: <image> and <image>, then <image> again.\n${FORMAT_PROMPT}`;
    await answerer.ask([item(problem, images)], OPTIONS);
    const content = contentOf(fake.asked()[0].body) as Part[];
    expect(content.map(({ type, text }) => text ?? type)).toEqual([
      'Look: ',
      'image_url',
      ' and ',
      'image_url',
      ', then ',
      'image_url',
      ` again.\n\n${FORMAT_PROMPT}`,
    ]);
    const sent = await Promise.all(content.filter(({ image_url }) => image_url).map(pictureOf));
    expect(sent.map(({ width, height, data }) => [width, height, data[0]])).toEqual([
      [8, 4, 10],
      [8, 4, 20],
      [8, 4, 30],
    ]);
    expect(contentOf(fake.asked()[0].body, 'system')).toBeUndefined();
  });

  it('is asked with the prompt and the pixels of training, which the settings state', async () => {
    const data = { formatPrompt: 'Box it.', systemPrompt: 'Be brief.', minPixels: 400, maxPixels: 1600 };
    const { answerer, fake } = await open({}, data);
    await answerer.ask([item('<image>Why?', [await grey(100, 50, 9)], { system: 'Own.' })], OPTIONS);
    await answerer.ask([item('<image>How?', [await grey(5, 5, 9)])], OPTIONS);
    const [big, small] = fake.asked().map(({ body }) => contentOf(body) as Part[]);
    expect(big[1].text).toBe('Why?\n\nBox it.');
    expect(await pictureOf(big[0])).toMatchObject({ width: 56, height: 28 });
    expect(await pictureOf(small[0])).toMatchObject({ width: 20, height: 20 });
    expect(contentOf(fake.asked()[0].body, 'system')).toBe('Be brief.');
    expect(answerer.settings).toEqual({
      server: fake.url,
      model: 'fake-vl',
      requests: 'one for all answers to a question',
      ...data,
    });
    expect(answerer.description).toBe(`fake-vl at ${fake.url}`);
    expect(answerer).toMatchObject({ batch: 1, parallel: 8 });
  });

  it("is told a row's own system message where none is set, and nothing behind the question where that is ''", async () => {
    const { answerer, fake } = await open({}, { formatPrompt: '' });
    await answerer.ask([item('Why?', [], { system: 'Own.' })], OPTIONS);
    expect(contentOf(fake.asked()[0].body)).toEqual([{ type: 'text', text: 'Why?' }]);
    expect(contentOf(fake.asked()[0].body, 'system')).toBe('Own.');
  });

  it('answers equal seeds equally, questions and seeds apart differently', async () => {
    const { answerer } = await open();
    const items = ['a', 'b', 'c', 'd'].map((text) => item(text));
    const ask = async (seed: string, asked = items) =>
      (await answerer.ask(asked, { ...OPTIONS, seed, samples: 4 })).map((all) => all.map(({ text }) => text));
    const all = await ask('s');
    expect(all.map((of) => of.length)).toEqual([4, 4, 4, 4]);
    expect(await ask('s')).toEqual(all);
    expect(await ask('s', items.slice(2))).toEqual(all.slice(2));
    expect(await ask('t')).not.toEqual(all);
    expect(new Set(all.map((of) => of.join())).size).toBe(4);
  });

  it('fails for the question that is spoiled, and no other', async () => {
    const { answerer } = await open({ faults: [{ do: 'page', matching: 'gate' }] });
    const items = [
      item('fine'),
      item('<image>no picture'),
      item('<image>?', [Buffer.from('x')]),
      item('gate'),
    ];
    const all = (await answerer.ask(items, OPTIONS)).map(([one]) => one.error ?? one.stop);
    expect(all).toEqual([
      'stop',
      expect.stringMatching(/1 <image> mark\(s\) in the problem but 0 image/),
      expect.stringMatching(/image 1: cannot be decoded/),
      expect.stringMatching(/^a page instead of JSON/),
    ]);
  });

  it('is refused when it takes no pictures', async () => {
    await expect(open({ pictures: false })).rejects.toThrow(
      /400: fake-vl is not a multimodal model; serve a model that takes pictures$/,
    );
    const message =
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj';
    const fault: Fault = { do: 'status', status: 500, message, opening: true, matching: '<picture>' };
    await expect(open({ faults: [fault] })).rejects.toThrow(
      /provide the mmproj; serve a model that takes pictures$/,
    );
  });

  it('stops where that is asked for', async () => {
    const { answerer } = await open({ faults: [{ do: 'never' }] });
    const controller = new AbortController();
    const asked = answerer.ask([item('a'), item('b')], { ...OPTIONS, signal: controller.signal });
    setTimeout(() => controller.abort('SIGINT'), 100);
    await expect(asked).rejects.toBe('SIGINT');
  });
});

describe('log-probabilities of given answers', () => {
  it('are those of its tokens and of the one that ends it', async () => {
    const { answerer } = await open({ scores: true });
    const scores = await answerer.score?.(
      [item('Why so?'), item('<image>Who?', [await grey(4, 4, 0)])],
      ['It is so', 'me'],
    );
    // The words have 2, 2 and 2 characters, the end token 10: see the fake server.
    expect(scores).toEqual([
      [-0.3, -0.3, -0.3, -0.4],
      [-0.3, -0.4],
    ]);
  });

  it('are not there where the server has none', async () => {
    const { answerer, fake } = await open();
    expect(answerer.score).toBeUndefined();
    expect(fake.everything().filter(({ body }) => body?.prompt_logprobs !== undefined)).toHaveLength(1);
    expect((await open({ refuses: ['prompt_logprobs'] })).answerer.score).toBeUndefined();
  });
});
