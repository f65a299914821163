import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError, DataError } from '../errors.ts';
import { ChatTemplate, type Message } from './chat.ts';
import { loadChatTemplate, loadTokenizer } from './load.ts';
import { encodePrompt, expandImages } from './prompt.ts';
import { Tokenizer } from './tokenizer.ts';

const GOLDEN = 'test/golden/qwen2_5_vl';
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as unknown;
const root = mkdtempSync(join(tmpdir(), 'text-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Expected {
  id: string;
  messages: Message[];
  rendered: string;
  input_ids: number[];
  image_grid_thw: [number, number, number][];
  response: string;
  response_ids: number[];
  greedy_ids: number[];
  greedy_text: string;
}

interface TokenizerJson {
  added_tokens: { id: number; content: string; special: boolean }[];
  model: { vocab: Record<string, number>; merges: [string, string][] };
}
interface TokenizerConfigJson {
  added_tokens_decoder: Record<string, object>;
  additional_special_tokens: string[];
  pad_token: string;
  eos_token: string;
  chat_template: string;
}

describe.each(['tiny_tied', 'tiny_untied'])('against transformers, %s', (name) => {
  const tokenizer = loadTokenizer(`${GOLDEN}/${name}`);
  const chat = loadChatTemplate(`${GOLDEN}/${name}`);
  const { prompts } = json(`${GOLDEN}/${name}/expected.json`) as { prompts: Expected[] };

  it.each(prompts.map((p) => [p.id, p] as const))('%s', (_, p) => {
    expect(chat.render(p.messages)).toBe(p.rendered);
    const { imagePad } = tokenizer.special;
    expect([...expandImages(tokenizer.encode(p.rendered), p.image_grid_thw, imagePad, 2, 'row')]).toEqual(
      p.input_ids,
    );
    expect([...encodePrompt(p.messages, p.image_grid_thw, { tokenizer, chat }, 2, 'row')]).toEqual(
      p.input_ids,
    );
    expect(tokenizer.encode(p.response)).toEqual(p.response_ids);
    expect(tokenizer.decode(p.response_ids)).toBe(p.response);
    expect(tokenizer.decode(p.response_ids, { skipSpecialTokens: true })).toBe(
      p.response.replace('<|im_end|>', ''),
    );
    expect(tokenizer.decode(p.greedy_ids)).toBe(p.greedy_text);
  });

  it('every file of the tokenizer says the same', () => {
    const { added_tokens, model } = json(`${GOLDEN}/${name}/tokenizer.json`) as TokenizerJson;
    const config = json(`${GOLDEN}/${name}/tokenizer_config.json`) as TokenizerConfigJson;
    expect(json(`${GOLDEN}/${name}/vocab.json`)).toEqual(model.vocab);
    const merges = readFileSync(`${GOLDEN}/${name}/merges.txt`, 'utf8').split('\n');
    expect(merges.filter((line) => line !== '' && !line.startsWith('#version'))).toEqual(
      model.merges.map((pair) => pair.join(' ')),
    );
    expect(config.added_tokens_decoder).toEqual(
      Object.fromEntries(added_tokens.map(({ id, ...token }) => [id, token])),
    );
    expect(config.additional_special_tokens).toEqual(
      added_tokens.filter((t) => t.special && t.content !== config.pad_token).map((t) => t.content),
    );
    expect(tokenizer.idOf(config.pad_token)).toBe(tokenizer.special.pad);
    expect(tokenizer.idOf(config.eos_token)).toBe(tokenizer.special.imEnd);
    expect(config.chat_template).toBe(chat.source);
    expect(json(`${GOLDEN}/${name}/chat_template.json`)).toEqual({ chat_template: chat.source });
  });
});

describe('against tokenizers', () => {
  const tokenizer = loadTokenizer(`${GOLDEN}/tiny_tied`);
  const { encode, decode } = json(`${GOLDEN}/tokenizer_cases.json`) as {
    encode: { text: string; ids: number[]; decoded: string; decoded_plain: string }[];
    decode: { ids: number[]; decoded: string }[];
  };

  it.each(encode.map((c) => [JSON.stringify(c.text), c] as const))('encodes %s', (_, c) => {
    expect(tokenizer.encode(c.text)).toEqual(c.ids);
    expect(tokenizer.decode(c.ids)).toBe(c.decoded);
    expect(tokenizer.decode(c.ids, { skipSpecialTokens: true })).toBe(c.decoded_plain);
  });

  it.each(decode.map((c) => [c.ids.join(' '), c] as const))('decodes %s', (_, c) => {
    expect(tokenizer.decode(Int32Array.from(c.ids))).toBe(c.decoded);
  });

  it('gives back any text, in normal form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC'));
      }),
      { numRuns: 300 },
    );
  });

  it('knows its special tokens and its size', () => {
    expect(tokenizer.special).toEqual({
      imStart: 329,
      imEnd: 330,
      visionStart: 337,
      visionEnd: 338,
      imagePad: 340,
      videoPad: 341,
      pad: 328,
    });
    expect(tokenizer.vocabSize).toBe(344);
    expect([tokenizer.tokenOf(342), tokenizer.idOf('</tool_call>'), tokenizer.idOf('no such')]).toEqual([
      '<tool_call>',
      343,
      undefined,
    ]);
  });
});

describe('what a user can get wrong', () => {
  const source = `${GOLDEN}/tiny_tied`;

  it('a tokenizer without the tokens for images', () => {
    const tokenizer = json(`${source}/tokenizer.json`) as { added_tokens: { content: string }[] };
    tokenizer.added_tokens = tokenizer.added_tokens.filter(
      ({ content }) => !/vision_start|image_pad/.test(content),
    );
    const make = () => new Tokenizer(tokenizer, json(`${source}/tokenizer_config.json`) as object, 'dir');
    expect(make).toThrow(CheckpointError);
    expect(make).toThrow(
      /dir\/tokenizer\.json: the tokens <\|vision_start\|> <\|image_pad\|> are missing; take the file from/,
    );
  });

  it('a tokenizer that is none', () => {
    expect(() => new Tokenizer({}, {}, 'dir')).toThrow(
      /dir\/tokenizer\.json: model is missing; expected byte-pair encoding/,
    );
  });

  it('missing and damaged files', () => {
    const dir = join(root, 'damaged');
    cpSync(source, dir, { recursive: true });
    writeFileSync(join(dir, 'tokenizer.json'), '{"a":');
    expect(() => loadTokenizer(dir)).toThrow(/tokenizer\.json: not valid JSON \(/);
    rmSync(join(dir, 'tokenizer.json'));
    expect(() => loadTokenizer(dir)).toThrow(
      /tokenizer\.json: not found; make it from vocab\.json and merges\.txt in Python/,
    );
    expect(() => loadChatTemplate(root)).toThrow(/no chat template; put chat_template\.jinja there/);
  });

  it('a chat template with a fault', () => {
    expect(() => new ChatTemplate('{% for %}', 'file')).toThrow(/file: the chat template cannot be parsed/);
    const strict = new ChatTemplate("{{ raise_exception('roles must alternate') }}", 'file');
    expect(() => strict.render([])).toThrow(DataError);
    expect(() => strict.render([])).toThrow(/refuses these messages \(roles must alternate\)/);
  });
});

it('finds the chat template in any of the places it is kept', () => {
  const template = loadChatTemplate(`${GOLDEN}/tiny_tied`).source;
  const dir = join(root, 'places');
  cpSync(`${GOLDEN}/tiny_tied`, dir, { recursive: true });
  rmSync(join(dir, 'chat_template.json'));
  expect(loadChatTemplate(dir).source).toBe(template);
  const own = (name: string) => `${name}<|image_pad|>`;
  const put = (file: string, content: unknown) =>
    writeFileSync(join(dir, file), typeof content === 'string' ? content : JSON.stringify(content));
  put('tokenizer_config.json', { chat_template: [{ name: 'default', template: own('named') }] });
  expect(loadChatTemplate(dir).source).toBe(own('named'));
  put('chat_template.jinja', own('a file'));
  expect(loadChatTemplate(dir).source).toBe(own('a file'));
  put('chat_template.json', { chat_template: own('legacy') });
  expect(loadChatTemplate(dir).source).toBe(own('legacy'));
  put('processor_config.json', { chat_template: own('processor') });
  expect(loadChatTemplate(dir).source).toBe(own('processor'));
  put('processor_config.json', {
    chat_template: '{% for m in messages %}{{ m.content[1].text }}{% endfor %}',
  });
  expect(() => loadChatTemplate(dir)).toThrow(
    /processor_config\.json: .* does not write one <\|image_pad\|>/,
  );
});
