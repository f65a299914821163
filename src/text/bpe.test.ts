import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { trainBpe, trainTokenizer } from './bpe.ts';
import { loadChatTemplate } from './load.ts';
import { CHAT_TEMPLATE } from './qwen.ts';
import { Tokenizer } from './tokenizer.ts';

const GOLDEN = 'test/golden/qwen2_5_vl';
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
const { bpe } = json(`${GOLDEN}/tokenizer_cases.json`) as unknown as {
  bpe: {
    texts: string[];
    vocab_size: number;
    min_frequency: number;
    vocab: Record<string, number>;
    merges: [string, string][];
  };
};

describe('trainBpe', () => {
  it("learns what Hugging Face's trainer learns", () => {
    const { vocab, merges } = trainBpe(bpe.texts, {
      vocabSize: bpe.vocab_size,
      minFrequency: bpe.min_frequency,
    });
    expect(merges).toEqual(bpe.merges);
    expect(Object.fromEntries(vocab)).toEqual(bpe.vocab);
  });

  it('stops at the size that was asked for', () => {
    const { vocab, merges } = trainBpe(bpe.texts, { vocabSize: 256 + 16 + 20 });
    expect(vocab.size).toBe(276);
    expect(merges).toEqual(bpe.merges.slice(0, 20));
  });

  it('does not learn from added tokens', () => {
    const texts = new Array<string>(9).fill('<|im_end|><|im_end|>ab');
    expect(trainBpe(texts, { vocabSize: 400 }).merges).toEqual([['a', 'b']]);
  });

  it('refuses a size without room for bytes and added tokens', () => {
    expect(() => trainBpe([], { vocabSize: 100 })).toThrow(ConfigError);
    expect(() => trainBpe([], { vocabSize: 100 })).toThrow(
      /vocabSize is 100; expected an integer of at least 272/,
    );
  });
});

describe('trainTokenizer', () => {
  const files = trainTokenizer(bpe.texts, { vocabSize: 380 });
  const parsed = (name: string) => JSON.parse(files.get(name)!) as Record<string, Record<string, unknown>>;
  const tokenizer = new Tokenizer(parsed('tokenizer.json'), parsed('tokenizer_config.json'), 'made');

  it('has the form of the checkpoint that Python made', () => {
    const golden = json(`${GOLDEN}/tiny_tied/tokenizer.json`) as ReturnType<typeof parsed>;
    const made = parsed('tokenizer.json');
    const shift = (tokens: unknown) =>
      (tokens as { id: number }[]).map((token) => ({ ...token, id: token.id - 328 + 364 }));
    expect(made.added_tokens).toEqual(shift(golden.added_tokens));
    expect({ ...made, added_tokens: 0, model: { ...made.model, vocab: 0, merges: 0 } }).toEqual({
      ...golden,
      added_tokens: 0,
      model: { ...golden.model, vocab: 0, merges: 0 },
    });
    const config = json(`${GOLDEN}/tiny_tied/tokenizer_config.json`);
    expect({ ...parsed('tokenizer_config.json'), added_tokens_decoder: 0 }).toEqual({
      ...config,
      added_tokens_decoder: 0,
    });
    expect(CHAT_TEMPLATE).toBe(loadChatTemplate(`${GOLDEN}/tiny_tied`).source);
    expect(parsed('vocab.json')).toEqual(made.model!.vocab);
  });

  it('is as large as was asked and the same each time', () => {
    expect(tokenizer.vocabSize).toBe(380);
    expect(trainTokenizer(bpe.texts, { vocabSize: 380 })).toEqual(files);
  });

  it('gives back any text, in normal form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...bpe.texts), (any, known) => {
        const text = `${known}${any}`;
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC'));
      }),
      { numRuns: 200 },
    );
  });

  it('writes familiar text in fewer tokens than bytes', () => {
    for (const text of bpe.texts)
      expect(tokenizer.encode(text).length).toBeLessThan(new TextEncoder().encode(text).length * 0.9);
  });
});
