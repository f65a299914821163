/**
 * Makes a small tokenizer in exactly the form of Qwen2.5-VL's: NFC, its pre-tokenizer, byte-level byte-pair encoding,
 * its special tokens and chat template. For policies that are trained from nothing.
 * Source: Sennrich et al. 2016; order of merges as in Hugging Face tokenizers' BpeTrainer.
 */
import { ConfigError } from '../errors.ts';
import {
  BYTE_CHARACTERS,
  CHAT_TEMPLATE,
  PLAIN_ADDED_TOKENS,
  PRE_TOKENIZER_PATTERN,
  PRE_TOKENIZER_REGEX,
  SPECIAL_TOKENS,
} from './qwen.ts';

const ADDED = [...SPECIAL_TOKENS, ...PLAIN_ADDED_TOKENS];

export interface TrainTokenizerOptions {
  /** Size with the 256 bytes and the 16 added tokens. Fewer result where the texts have no more pairs to merge. */
  vocabSize: number;
  /** A pair that occurs less often is not merged. */
  minFrequency?: number;
}

export interface TrainedBpe {
  /** Token -> id; bytes first, then merges in order. */
  vocab: Map<string, number>;
  merges: [string, string][];
}

interface Word {
  tokens: number[];
  count: number;
}

/** Distinct words with how often they occur; added tokens are left out, they are never merged. */
function countWords(texts: readonly string[]): Map<string, number> {
  const added = new RegExp(ADDED.map((token) => token.replace(/[|/]/g, '\\$&')).join('|'), 'g');
  const encoder = new TextEncoder();
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const part of text.split(added)) {
      for (const [piece] of part.normalize('NFC').matchAll(PRE_TOKENIZER_REGEX)) {
        const word = Array.from(encoder.encode(piece), (byte) => BYTE_CHARACTERS[byte]).join('');
        counts.set(word, (counts.get(word) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** The pair that occurs most often; among equals the one with the smaller ids, left before right. */
function mostFrequentPair(
  words: readonly Word[],
): { left: number; right: number; count: number } | undefined {
  const counts = new Map<number, number>();
  const WIDTH = 1 << 24;
  for (const { tokens, count } of words) {
    for (let i = 1; i < tokens.length; i++) {
      const pair = tokens[i - 1] * WIDTH + tokens[i];
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best = -1;
  let most = 0;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && pair < best)) [best, most] = [pair, count];
  }
  return best < 0 ? undefined : { left: Math.floor(best / WIDTH), right: best % WIDTH, count: most };
}

function mergeIn(word: Word, left: number, right: number, id: number): void {
  const { tokens } = word;
  let length = 0;
  for (let i = 0; i < tokens.length; i++) {
    const isPair = tokens[i] === left && tokens[i + 1] === right;
    tokens[length++] = isPair ? id : tokens[i];
    if (isPair) i++;
  }
  tokens.length = length;
}

/** Learns merges from texts. The same texts give the same merges. */
export function trainBpe(texts: readonly string[], options: TrainTokenizerOptions): TrainedBpe {
  const { vocabSize, minFrequency = 2 } = options;
  const smallest = 256 + ADDED.length;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    throw new ConfigError(
      `tokenizer: vocabSize is ${vocabSize}; expected an integer of at least ${smallest} (bytes and added tokens)`,
    );
  }
  const names = [...BYTE_CHARACTERS].sort();
  const vocab = new Map(names.map((name, id) => [name, id]));
  const words: Word[] = [...countWords(texts)].map(([word, count]) => ({
    tokens: [...word].flatMap((character) => vocab.get(character) ?? []),
    count,
  }));
  const merges: [string, string][] = [];
  while (vocab.size < vocabSize - ADDED.length) {
    const pair = mostFrequentPair(words);
    if (!pair || pair.count < minFrequency) break;
    const [left, right] = [names[pair.left], names[pair.right]];
    merges.push([left, right]);
    // Two ways of putting a token together share its id.
    const id = vocab.get(left + right) ?? vocab.size;
    if (id === vocab.size) {
      vocab.set(left + right, id);
      names.push(left + right);
    }
    for (const word of words) mergeIn(word, pair.left, pair.right, id);
  }
  return { vocab, merges };
}

const addedToken = (content: string) => ({
  content,
  lstrip: false,
  normalized: false,
  rstrip: false,
  single_word: false,
  special: (SPECIAL_TOKENS as readonly string[]).includes(content),
});

/**
 * Trains a tokenizer and gives the files that make it up, by name; put them into a checkpoint folder.
 * @throws ConfigError where vocabSize leaves no room for bytes and added tokens
 */
export function trainTokenizer(
  texts: readonly string[],
  options: TrainTokenizerOptions,
): Map<string, string> {
  const { vocab, merges } = trainBpe(texts, options);
  const added = ADDED.map((content, i) => ({ id: vocab.size + i, ...addedToken(content) }));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PRE_TOKENIZER_PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
  const config = {
    add_bos_token: false,
    add_prefix_space: false,
    added_tokens_decoder: Object.fromEntries(
      ADDED.map((content, i) => [String(vocab.size + i), addedToken(content)]),
    ),
    additional_special_tokens: SPECIAL_TOKENS.slice(1),
    bos_token: null,
    chat_template: CHAT_TEMPLATE,
    clean_up_tokenization_spaces: false,
    eos_token: '<|im_end|>',
    errors: 'replace',
    model_max_length: 131072,
    pad_token: '<|endoftext|>',
    split_special_tokens: false,
    tokenizer_class: 'Qwen2Tokenizer',
    unk_token: null,
  };
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  return new Map([
    ['tokenizer.json', json(tokenizer)],
    ['tokenizer_config.json', json(config)],
    ['vocab.json', json(Object.fromEntries(vocab))],
    ['merges.txt', ['#version: 0.2', ...merges.map((pair) => pair.join(' '))].join('\n').concat('\n')],
    ['chat_template.json', json({ chat_template: CHAT_TEMPLATE })],
  ]);
}
