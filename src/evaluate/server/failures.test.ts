/** What servers do wrong, over real connections to a real process. */
import { getEventListeners } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openChat } from './chat.ts';
import { connectionFailure, retryAfter, statusFailure, wordsOf } from './failure.ts';
import { type FakeScript, type FakeServer, type Fault, startFakeServer } from './fake-server.testing.ts';
import { Gate, patiently, sleep } from './patience.ts';
import type { ChatOptions, ChatRequest, ChatServer } from './types.ts';

const SHORT = { tries: 4, firstWait: 20, longestWait: 100, total: 5000, unreachable: 400, loading: 5000 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(script: FakeScript = {}, options: Partial<ChatOptions> = {}) {
  const fake = await startFakeServer(script);
  closing.push(() => fake.stop());
  const chat = await openChat({ url: fake.url, patience: SHORT, ...options });
  closing.push(() => chat.close());
  return { chat, fake };
}

const REQUEST: ChatRequest = {
  parts: [{ text: 'How many?' }],
  samples: 2,
  temperature: 1,
  topP: 1,
  topK: 0,
  maxTokens: 64,
  seed: 100,
};
const finishes = async (chat: ChatServer, more: Partial<ChatRequest> = {}) =>
  (await chat.chat({ ...REQUEST, ...more })).map(({ finish, error }) => error ?? finish);
/** What the second of three questions comes to when it meets the fault; the others have to go well. */
async function middle(fault: Fault, options: Partial<ChatOptions> = {}) {
  const { chat, fake } = await open({ faults: [{ matching: 'second', ...fault }] }, options);
  const all = await Promise.all(
    ['first', 'second', 'third'].map((text) => finishes(chat, { parts: [{ text }] })),
  );
  expect([all[0], all[2]]).toEqual([
    ['stop', 'stop'],
    ['stop', 'stop'],
  ]);
  return { came: all[1], times: fake.asked().filter(({ text }) => text === 'second').length };
}

describe('an answer that is none', () => {
  it.each([
    ['not JSON', /^not JSON: \{"id":"chat-1"/],
    ['half', /^not JSON: /],
    ['page', /^a page instead of JSON: Gateway Sign in$/],
    ['empty', /^an empty answer$/],
    ['no choices', /^"choices" is empty$/],
    ['error', /^an error as an answer: out of memory$/],
    ['null', /^"content" is null$/],
    ['refusal', /^the model refused: I may not say\.$/],
    ['filter', /^cut by the content filter/],
    ['long', /^an answer of 5000000 characters, where 64 tokens were asked for$/],
    ['huge', /^an answer of over 32 MB$/],
  ] as const)('%s is counted with its reason, and asked for once', async (kind, reason) => {
    const { came, times } = await middle({ do: kind });
    expect(came).toEqual([expect.stringMatching(reason), expect.stringMatching(reason)]);
    expect(times).toBe(1);
  });

  it('is told from one in another form', async () => {
    expect((await middle({ do: 'plain' })).came).toEqual(['stop', 'stop']);
    expect((await middle({ do: 'length' })).came).toEqual(['length', 'length']);
    const { chat } = await open({
      faults: [
        { do: 'parts', matching: 'parts' },
        { do: 'thought', matching: 'thought' },
      ],
    });
    const text = async (question: string) =>
      (await chat.chat({ ...REQUEST, parts: [{ text: question }], samples: 1 }))[0].text;
    expect(await text('in parts')).toMatch(/^<think>I look.*<\/think> \\boxed\{\d\}$/);
    expect(await text('a thought')).toBe('<think>I count seven.</think> \\boxed{7}');
  });
});

describe('a request is sent again', () => {
  it.each([408, 409, 429, 500, 502, 503])('after %i, until it is answered', async (status) => {
    expect(await middle({ do: 'status', status, times: 2 })).toEqual({ came: ['stop', 'stop'], times: 3 });
  });

  it('some times at most', async () => {
    const { came, times } = await middle({ do: 'status', status: 500 });
    expect(came[0]).toMatch(/^500: it failed \(sent 4 times in \d+ s\)$/);
    expect(times).toBe(4);
  });

  it('after the connection breaks in the middle of an answer', async () => {
    expect(await middle({ do: 'cut', times: 2 })).toEqual({ came: ['stop', 'stop'], times: 3 });
    expect((await middle({ do: 'cut' })).came[0]).toMatch(/^the connection broke \(.+\) \(sent 4 times/);
  });

  it('where no answer comes in time', async () => {
    const options = { timeoutSeconds: 0.3 };
    expect(await middle({ do: 'never', times: 1 }, options)).toEqual({ came: ['stop', 'stop'], times: 2 });
    const { came } = await middle({ do: 'never' }, { ...options, patience: { ...SHORT, total: 500 } });
    expect(came[0]).toMatch(/^no whole answer in 0.3 s/);
  });

  it.each([400, 413, 422])('not after %i', async (status) => {
    const { came, times } = await middle({ do: 'status', status, message: 'the prompt is too long' });
    expect(came).toEqual(Array(2).fill(`${status}: the prompt is too long`));
    expect(times).toBe(1);
  });

  it.each(['1', 'date'])('when Retry-After (%s) says, and nothing else before', async (given) => {
    const inTwo = new Date(Date.now() + 3000).toUTCString();
    const headers = { 'Retry-After': given === 'date' ? inTwo : given };
    const { chat, fake } = await open({ faults: [{ do: 'status', status: 429, headers, times: 1 }] });
    await chat.chat(REQUEST);
    const [refused] = fake.asked();
    const before = fake.asked().length;
    await chat.chat({ ...REQUEST, parts: [{ text: 'later' }] });
    const second = fake.asked()[1];
    expect(before).toBe(2);
    // A date has whole seconds, and the process may have been slow to start.
    if (given === '1') expect(second.at - refused.at).toBeGreaterThanOrEqual(990);
    else expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(inTwo));
  });

  it('not where Retry-After is longer than is waited for', async () => {
    const fault: Fault = { do: 'status', status: 429, headers: { 'Retry-After': '3600' } };
    expect(await middle(fault, { parallel: 1 })).toMatchObject({
      came: ['429: it failed', '429: it failed'],
      times: 1,
    });
  });

  it('after a rest for all when there were too many', async () => {
    const headers = { 'Retry-After': '1' };
    const { chat, fake } = await open(
      { faults: [{ do: 'status', status: 429, headers, times: 1 }] },
      { parallel: 2 },
    );
    const first = chat.chat(REQUEST);
    while (fake.asked().length < 1) await sleep(10);
    await sleep(100);
    await Promise.all([first, chat.chat({ ...REQUEST, parts: [{ text: 'later' }] })]);
    const [refused, ...others] = fake.asked().map(({ at }) => at);
    expect(others).toHaveLength(2);
    for (const at of others) expect(at - refused).toBeGreaterThanOrEqual(990);
  });
});

describe('a server', () => {
  it('that has fewer slots than answers are wanted is asked for one at a time, as llama.cpp has to be', async () => {
    const message = 'n_cmpl cannot be greater than the number of slots, please increase -np';
    const { chat, fake } = await open({ faults: [{ do: 'status', status: 500, message, above: 1 }] });
    const all = await Promise.all(['a', 'b'].map((text) => finishes(chat, { parts: [{ text }] })));
    expect(all.flat()).toEqual(Array(4).fill('stop'));
    // The second question may be asked before the first was refused, or know of it already.
    const asked = fake.asked().length;
    expect([5, 6]).toContain(asked);
    expect(await finishes(chat)).toEqual(['stop', 'stop']);
    expect(fake.asked()).toHaveLength(asked + 2);
  });

  it('that loads its model is waited for, longer than others', async () => {
    const said: string[] = [];
    const patience = { ...SHORT, tries: 2, total: 100, firstWait: 2000, longestWait: 2000 };
    const { chat, fake } = await open({ loading: 2500 }, { patience, say: (line) => said.push(line) });
    expect(chat.model).toBe('fake-vl');
    expect(fake.everything().length).toBeGreaterThan(3);
    expect(said[0]).toMatch(/^http.*: 503: Loading model; asking again in \d s$/);
  });

  it('that dies and is started again goes on', async () => {
    const { chat, fake } = await open(
      { faults: [{ do: 'die', after: 2 }] },
      { patience: { ...SHORT, unreachable: 20_000 } },
    );
    const ask = (text: string) => finishes(chat, { parts: [{ text }] });
    expect(await ask('a')).toEqual(['stop', 'stop']);
    const pending = Promise.all([ask('b'), ask('c'), ask('d')]);
    await sleep(300);
    await fake.start({});
    expect((await pending).flat()).toEqual(Array(6).fill('stop'));
  });

  it('that is gone for good ends everything, in one line', async () => {
    const { chat, fake } = await open({}, { parallel: 2 });
    await fake.stop();
    const began = performance.now();
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => finishes(chat, { parts: [{ text }] })),
    );
    for (const result of results)
      expect(String((result as PromiseRejectedResult).reason)).toMatch(
        /^ServerError: http.*: no connection \(ECONNREFUSED\) \(sent \d+ times in \d s\); start the server or mend the address/,
      );
    // Those in line do not each wait for themselves.
    expect(performance.now() - began).toBeLessThan(1200);
  });

  it('that is not there, or speaks something else, is told of at once', async () => {
    await expect(openChat({ url: 'http://127.0.0.1:1/v1' })).rejects.toThrow(
      /^http:\/\/127.0.0.1:1\/v1: no connection \(ECONNREFUSED\)/,
    );
    await expect(openChat({ url: 'ftp://x/v1' })).rejects.toThrow(/starts with http/);
    const other = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('220 mail ready\r\n');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(async () => void other.close());
    const { port } = other.address() as { port: number };
    await expect(openChat({ url: `http://127.0.0.1:${port}/v1`, patience: SHORT })).rejects.toThrow(
      /the connection broke \(HPE_INVALID_CONSTANT\).*; see what the server says about it$/,
    );
  });

  it('whose address lacks /v1 is told of', async () => {
    const fake: FakeServer = await startFakeServer();
    closing.push(() => fake.stop());
    const url = fake.url.replace('/v1', '');
    await expect(openChat({ url })).rejects.toThrow(
      `${url}: 404: Not Found; the address ends in /v1 with most servers: ${url}/v1`,
    );
  });

  it.each([401, 403, 404])('that answers %i in the middle ends everything', async (status) => {
    const { chat } = await open({ faults: [{ do: 'status', status, after: 1 }] });
    await chat.chat(REQUEST);
    await expect(chat.chat(REQUEST)).rejects.toThrow(new RegExp(`^http.*: ${status}: it failed`));
  });

  it('leaves nothing on a signal that all requests share', async () => {
    const { chat } = await open();
    const { signal } = new AbortController();
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`);
    await Promise.all(texts.map((text) => chat.chat({ ...REQUEST, parts: [{ text }], signal })));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is left at once where that is asked for', async () => {
    const { chat, fake } = await open({ faults: [{ do: 'never' }] }, { parallel: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const all = ['a', 'b', 'c'].map((text) => chat.chat({ ...REQUEST, parts: [{ text }], signal }));
    while (fake.asked().length === 0) await sleep(10);
    const began = performance.now();
    controller.abort('SIGINT');
    const ends = await Promise.allSettled(all);
    expect(ends.map((end) => (end as PromiseRejectedResult).reason)).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
    expect(performance.now() - began).toBeLessThan(200);
    expect(fake.asked()).toHaveLength(1);
  });
});

describe('the words of a failure', () => {
  it('are found in every form in which servers give them', () => {
    expect(wordsOf('{"error":{"message":"a","code":"b"}}')).toEqual({ message: 'a', code: 'b' });
    expect(wordsOf('{"error":"no such model"}')).toEqual({ message: 'no such model' });
    expect(wordsOf('{"object":"error","message":"too long","code":400}')).toEqual({ message: 'too long' });
    expect(wordsOf('{"detail":[{"loc":["n"]}]}')).toEqual({ message: '[{"loc":["n"]}]' });
    expect(wordsOf('<html><style>p{}</style><h1>Bad  gateway</h1></html>')).toEqual({
      message: 'Bad gateway',
    });
    expect(wordsOf('null')).toEqual({ message: 'null' });
  });

  it('tell waits in seconds, dates and milliseconds', () => {
    const wait = (headers: Record<string, string>) => retryAfter(new Headers(headers), Date.UTC(2026, 0, 1));
    expect(wait({ 'retry-after': '1.5' })).toBe(1500);
    expect(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' })).toBe(7000);
    expect(wait({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' })).toBe(0);
    expect(wait({ 'retry-after-ms': '20', 'retry-after': '9' })).toBe(20);
    expect(wait({ 'retry-after': 'soon' })).toBeUndefined();
    expect(wait({})).toBeUndefined();
  });

  it('tell an account that is used up from a server that is busy', () => {
    expect(statusFailure(429, 'x', new Headers(), 'insufficient_quota').kind).toBe('hopeless');
    expect(statusFailure(429, 'x', new Headers()).kind).toBe('busy');
    expect(connectionFailure(Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 1).kind).toBe(
      'hopeless',
    );
  });
});

describe('waiting', () => {
  it('is as long each time for one seed, doubles, and is spread', async () => {
    const failure = statusFailure(500, 'x', new Headers());
    const run = async (key: string) => {
      const waits: number[] = [];
      const patience = { ...SHORT, tries: 6, firstWait: 4, longestWait: 20 };
      const send = () => Promise.reject(failure);
      await patiently(send, { patience, key: [key], waits: (_, ms) => waits.push(ms) }).catch(() => {});
      return waits;
    };
    const waits = await run('a');
    expect(await run('a')).toEqual(waits);
    expect(await run('b')).not.toEqual(waits);
    for (const [i, most] of [4, 8, 16, 20, 20].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(most / 2);
      expect(waits[i]).toBeLessThanOrEqual(most);
    }
  });

  it('in line is in order, and a failure lets the next through', async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let now = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) =>
        gate.through(async () => {
          order.push(i);
          most = Math.max(most, ++now);
          await sleep(2);
          now--;
          if (i % 3 === 0) throw new Error('x');
        }),
      ),
    );
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(2);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(3);
  });
});
