import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { encodePng } from '../../vision/encode.ts';
import { type ChatOptions, type ChatRequest, type ChatServer, openChat } from './chat.ts';
import { type FakeScript, type FakeServer, startFakeServer } from './fake-server.testing.ts';

const KEY = 'sk-secret-0123456789';
/** Waits that are as a user's, but short. */
const SHORT = { firstWait: 20, longestWait: 100, total: 5000, unreachable: 300, loading: 5000 };

const opened: { chat?: ChatServer; fake: FakeServer }[] = [];
afterEach(async () => {
  for (const { chat, fake } of opened.splice(0)) {
    await chat?.close();
    await fake.stop();
  }
});

async function fakeServer(script: FakeScript = {}): Promise<FakeServer> {
  const fake = await startFakeServer(script);
  opened.push({ fake });
  return fake;
}

async function open(script: FakeScript = {}, options: Partial<ChatOptions> = {}) {
  const fake = await fakeServer(script);
  const chat = await openChat({ url: fake.url, patience: SHORT, ...options });
  opened.push({ chat, fake });
  return { chat, fake };
}

const REQUEST: ChatRequest = {
  parts: [{ text: 'How many?' }],
  samples: 3,
  temperature: 0.7,
  topP: 0.9,
  topK: 20,
  maxTokens: 64,
  seed: 100,
};
const texts = async (chat: ChatServer, more: Partial<ChatRequest> = {}) =>
  (await chat.chat({ ...REQUEST, ...more })).map(({ text }) => text);
const red = () => encodePng({ width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 255, 0, 0) });

describe('a request', () => {
  it('gives every sampling value, and pictures in their places as data URLs', async () => {
    const { chat, fake } = await open();
    const png = await red();
    const url = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
    const parts = [
      { text: 'A <image>' },
      { image: png },
      { text: 'b' },
      { image: png },
      { image: png },
      { text: 'c' },
    ];
    expect(await chat.chat({ ...REQUEST, system: 'Be brief.', parts })).toHaveLength(3);
    const picture = { type: 'image_url', image_url: { url } };
    expect(fake.asked().map(({ body }) => body)).toEqual([
      {
        model: 'fake-vl',
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'A [image]' },
              picture,
              { type: 'text', text: 'b' },
              picture,
              picture,
              { type: 'text', text: 'c' },
            ],
          },
        ],
        temperature: 0.7,
        top_p: 0.9,
        max_tokens: 64,
        frequency_penalty: 0,
        presence_penalty: 0,
        top_k: 20,
        min_p: 0,
        repetition_penalty: 1,
        repeat_penalty: 1,
        seed: 100,
        n: 3,
        stream: false,
      },
    ]);
  });

  it('gives all tokens as -1, and no seed or form where none is asked for', async () => {
    const { chat, fake } = await open();
    await chat.chat({ ...REQUEST, topK: 0, seed: undefined, samples: 1 });
    await chat.chat({ ...REQUEST, json: true, samples: 1 });
    const [one, two] = fake.asked().map(({ body }) => body);
    expect(one).toMatchObject({ top_k: -1, n: 1 });
    expect(one).not.toHaveProperty('seed');
    expect(one).not.toHaveProperty('response_format');
    expect(two).toMatchObject({ response_format: { type: 'json_object' } });
  });

  it('tells nothing of this machine', async () => {
    const { fake } = await open({}, { key: KEY });
    for (const { headers, signed } of fake.everything()) {
      expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual([]);
      expect(headers['user-agent']).toBe('papo');
      expect(signed).toBe(true);
    }
  });

  it('sends a picture of another format as PNG, and fails for one that is none', async () => {
    const { chat, fake } = await open();
    const gif = Buffer.from('R0lGODlhAQABAPAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
    await chat.chat({ ...REQUEST, parts: [{ image: gif }] });
    expect(JSON.stringify(fake.asked()[0].body)).toContain('data:image/png;base64,iVBORw0KGgo');
    const [choice] = await chat.chat({ ...REQUEST, parts: [{ image: Buffer.from('hello') }], samples: 1 });
    expect(choice).toMatchObject({ finish: 'failed', error: expect.stringMatching(/cannot be decoded/) });
    expect(fake.asked()).toHaveLength(1);
  });
});

describe('a server', () => {
  it('is asked for all answers at once, each with its own seed', async () => {
    const { chat, fake } = await open();
    const together = await texts(chat, { samples: 4 });
    expect(new Set(together).size).toBeGreaterThan(1);
    for (const [i, text] of together.entries())
      expect(await texts(chat, { samples: 1, seed: 100 + i })).toEqual([text]);
    expect(fake.asked()).toHaveLength(5);
    expect(chat.settings).toEqual({
      server: fake.url,
      model: 'fake-vl',
      requests: 'one for all answers to a question',
    });
  });

  it('that does not read n is asked once for each answer, and says so', async () => {
    const { chat, fake } = await open({ most: 1 });
    const good = await open();
    expect(chat.settings).toMatchObject({ requests: 'one for each answer' });
    expect(await texts(chat, { samples: 4 })).toEqual(await texts(good.chat, { samples: 4 }));
    expect(fake.asked().map(({ body }) => [body?.n, body?.seed])).toEqual(
      expect.arrayContaining([100, 101, 102, 103].map((seed) => [undefined, seed])),
    );
    expect(fake.asked()).toHaveLength(4);
    expect((await chat.chat(REQUEST)).every(({ tokens }) => tokens !== null && tokens > 1)).toBe(true);
    expect((await good.chat.chat(REQUEST)).every(({ tokens }) => tokens === null)).toBe(true);
  });

  it('that sends fewer answers is asked for the others', async () => {
    const { chat, fake } = await open({ faults: [{ do: 'fewer', times: 1 }] });
    const good = await open();
    expect(await texts(chat, { samples: 5 })).toEqual(await texts(good.chat, { samples: 5 }));
    expect(fake.asked().map(({ body }) => [body?.n, body?.seed])).toEqual([
      [5, 100],
      [1, 103],
      [1, 104],
    ]);
  });

  it('that draws all answers with one seed is found out', async () => {
    const { chat } = await open({ copies: true });
    const good = await open();
    const wanted = await texts(good.chat, { samples: 4 });
    expect(await texts(chat, { samples: 4 })).toEqual(wanted);
    expect(await texts(chat, { samples: 4 })).toEqual(wanted);
    // Equal answers that are the model's own stay.
    const sure = await open({ replies: [{ matching: 'many', texts: ['five'] }] });
    expect(await texts(sure.chat)).toEqual(['five', 'five', 'five']);
    expect(await texts(sure.chat, { temperature: 0 })).toEqual(['five', 'five', 'five']);
    expect(sure.fake.asked()).toHaveLength(4);
  });

  it.each([
    { refuses: ['top_k', 'min_p'], refused: ['top_k', 'min_p', 'repetition_penalty', 'repeat_penalty'] },
    {
      refuses: ['top_k'],
      nameless: true,
      refused: ['top_k', 'min_p', 'repetition_penalty', 'repeat_penalty'],
    },
    { refuses: ['presence_penalty'], refused: ['frequency_penalty', 'presence_penalty'] },
    { refuses: ['seed'], refused: ['seed'] },
  ])('that refuses $refuses is asked without, and says so', async ({ refused, ...script }) => {
    const { chat, fake } = await open(script);
    expect(chat.settings).toMatchObject({ refused });
    const atFirst = fake.everything().length;
    expect((await chat.chat(REQUEST)).map(({ finish }) => finish)).toEqual(['stop', 'stop', 'stop']);
    await chat.chat(REQUEST);
    expect(fake.everything()).toHaveLength(atFirst + 2);
    for (const field of refused) expect(fake.asked()[0].body).not.toHaveProperty(field);
    expect(fake.asked()[0].body).toMatchObject({ temperature: 0.7, top_p: 0.9, max_tokens: 64 });
  });

  it('that wants max_completion_tokens gets it', async () => {
    const { chat, fake } = await open({ refuses: ['max_tokens', 'min_p'] });
    await chat.chat(REQUEST);
    expect(fake.asked()[0].body).toMatchObject({ max_completion_tokens: 64 });
    expect(fake.asked()[0].body).not.toHaveProperty('max_tokens');
  });

  it('that refuses JSON mode is asked without', async () => {
    const { chat, fake } = await open({ refuses: ['response_format'] });
    expect((await chat.chat({ ...REQUEST, json: true })).map(({ finish }) => finish)).toEqual([
      'stop',
      'stop',
      'stop',
    ]);
    await chat.chat({ ...REQUEST, json: true });
    expect(fake.asked()).toHaveLength(3);
  });

  it('is asked at most so many things at once', async () => {
    const { chat, fake } = await open({ ms: 60, most: 1 }, { parallel: 2 });
    const began = performance.now();
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => chat.chat({ ...REQUEST, parts: [{ text }], samples: 1 })),
    );
    expect(performance.now() - began).toBeGreaterThan(170);
    expect(fake.asked().map(({ text }) => text)).toHaveLength(6);
  });
});

describe('the model', () => {
  it('is the only one that is served, or the one that is named', async () => {
    await expect(open({ models: ['a', 'b'] })).rejects.toThrow(
      /serves a, b; name the one to ask \(--model\)$/,
    );
    await expect(open({ models: [] })).rejects.toThrow(/lists no model/);
    expect((await open({ models: ['a', 'b'] }, { model: 'b' })).chat.model).toBe('b');
    await expect(open({ models: ['a', 'b'] }, { model: 'c' })).rejects.toThrow(
      /404: The model c does not exist \(it serves a, b\); name a model that it serves/,
    );
  });
});

describe('the key', () => {
  it('is sent, and told nowhere', async () => {
    const { chat } = await open({ key: KEY, faults: [{ do: 'echo' }] }, { key: KEY });
    expect(JSON.stringify([await chat.chat(REQUEST), chat.settings, chat, inspect(chat)])).not.toContain(
      'secret',
    );
    for (const key of [undefined, 'sk-wrong-secret-key']) {
      const wrong = await open({ key: KEY }, { key }).catch((error: Error) => error);
      expect(String(wrong)).toMatch(
        key ? /the key in PAPO_API_KEY .* is not taken/ : /it wants a key; set PAPO_API_KEY/,
      );
      for (let error: unknown = wrong; error instanceof Error; error = error.cause)
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('secret');
    }
  });

  it('is that of the environment', async () => {
    process.env.PAPO_API_KEY = KEY;
    try {
      expect((await open({ key: KEY })).chat.model).toBe('fake-vl');
    } finally {
      delete process.env.PAPO_API_KEY;
    }
  });

  it('is not taken where no header could hold it, nor in the address', async () => {
    const url = 'http://127.0.0.1:1/v1';
    await expect(openChat({ url, key: 'two words' })).rejects.toThrow(/holds white space/);
    await expect(openChat({ url: 'http://me:secret@127.0.0.1:1/v1' })).rejects.toThrow(
      /^http:\/\/127.0.0.1:1: a name or password in the address/,
    );
  });
});
