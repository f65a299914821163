/** Tokenizers and chat templates that would take for ever, or do not say what they seem to. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CheckpointError, DataError } from '../errors.ts';
import { within } from './bounded.ts';
import { ChatTemplate, type Message } from './chat.ts';
import { Tokenizer } from './tokenizer.ts';

const GOLDEN = 'test/golden/qwen2_5_vl/tiny_tied';

interface TokenizerFile {
  model: Record<string, unknown> & { vocab: Record<string, unknown>; merges: unknown[] };
  added_tokens: Record<string, unknown>[];
  normalizer: unknown;
  pre_tokenizer: { pretokenizers: Record<string, unknown>[] } | null;
  decoder: unknown;
}
const golden = () => JSON.parse(readFileSync(`${GOLDEN}/tokenizer.json`, 'utf8')) as TokenizerFile;

/** What is thrown, within 2 s of processor time. */
function thrownBy(work: () => unknown): Error {
  const start = process.cpuUsage();
  try {
    work();
  } catch (error) {
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(2);
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('work that is stopped', () => {
  it('is ended wherever it is, and gives what it gives otherwise', () => {
    expect(within(100, () => /^(.*)*x$/.test('a'.repeat(50)))).toBeUndefined();
    const forever = () => {
      for (;;);
    };
    expect(within(100, forever)).toBeUndefined();
    expect(within(10_000, () => 7)).toEqual({ value: 7 });
    expect(() => within(10_000, () => new Array(-1))).toThrow(RangeError);
  });
});

describe('a chat template', () => {
  const chain = (from: string) => `{% set a = ${from} %}${'{% set a = [a, a] %}'.repeat(60)}{{ a }}`;
  it.each([
    ['loops 10^10 times', '{% for i in range(10 ** 10) %}{{ i }}{% endfor %}'],
    ['counts in hairs', '{% for i in range(0, 1, 1e-12) %}{% endfor %}'],
    ['loops in loops', `${'{% for i in range(99) %}'.repeat(9)}x${'{% endfor %}'.repeat(9)}`],
    ['doubles a text', `{% set t = 'x' %}${'{% set t = t ~ t %}'.repeat(40)}{{ t }}`],
    ['doubles a list', `{% set t = [1] %}${'{% set t = t + t %}'.repeat(40)}{{ t }}`],
    ['prints a list of lists of lists', chain("['x']")],
    ['indents without end', "{% set t = 'x\ny' | indent(100000000) %}{{ t }}"],
    ['writes wide JSON', '{{ [[[1]]] | tojson(indent=100000000) }}'],
    ['calls itself', '{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}'],
    ['is long', '{{ messages }}'.repeat(10_000)],
    ['is deep', `{{ ${'('.repeat(40_000)}1${')'.repeat(40_000)} }}`],
  ])('that %s is refused, or gives up at once', (_, source) => {
    const chat: Message[] = [{ role: 'user', content: 'Why?' }];
    const error = thrownBy(() => new ChatTemplate(source, 'dir/chat_template.jinja').render(chat));
    expect(error).toSatisfy((e) => e instanceof CheckpointError || e instanceof DataError);
    expect(error.message).toMatch(/^(dir\/chat_template\.jinja: )?the chat template [^\n]{10,400}$/);
  });

  it('that takes too much only for a long conversation is refused then, and works for a short one', () => {
    const slow = new ChatTemplate(
      '{% for m in messages %}{% for i in range(messages | length ** 4) %}{{ i }}{% endfor %}{% endfor %}',
      'f',
    );
    const turns = (n: number): Message[] => new Array(n).fill({ role: 'user', content: 'x' });
    expect(slow.render(turns(2))).toBe('0123456789101112131415'.repeat(2));
    const error = thrownBy(() => slow.render(turns(30)));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/refuses these messages \(it asks for a range of 810000\)/);
  });

  it('of another family than Qwen renders as it is', () => {
    const chat = new ChatTemplate(
      "{% for m in messages %}[{{ m['role'] }}{% if strftime_now is defined %} today{% endif %}]{% for c in m.content %}{{ '<|image_pad|>' if c.type == 'image' else c.text | trim }}{% endfor %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
      'f',
    );
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: ' How many? ' }] },
    ];
    expect(chat.render(messages)).toBe('[user]<|image_pad|>How many?[assistant]');
    expect(chat.render(messages, { answer: false })).toBe('[user]<|image_pad|>How many?');
  });
});

describe('a tokenizer', () => {
  const split = (file: TokenizerFile) => file.pre_tokenizer!.pretokenizers[0];
  it.each<[string, (file: TokenizerFile) => void, RegExp]>([
    [
      'a pattern without end',
      (f) => (split(f).pattern = { Regex: '(.*)*x' }),
      /pre_tokenizer is "\(\.\*\)\*x"; exp/,
    ],
    ['pieces that are dropped', (f) => (split(f).behavior = 'Removed'), /"behavior":"Removed".*"Isolated"/],
    ['no pre-tokenizer', (f) => (f.pre_tokenizer = null), /pre_tokenizer is null; expected a split/],
    ['words', (f) => (f.model.type = 'WordPiece'), /model\.type is "WordPiece"; expected "BPE"/],
    ['chance', (f) => (f.model.dropout = 0.1), /model\.dropout is 0\.1; expected none/],
    ['lower case', (f) => (f.normalizer = { type: 'Lowercase' }), /normalizer is .*; expected "NFC"/],
    [
      'an id of 4 billion',
      (f) => (f.added_tokens[0].id = 4e9),
      /an added token is .* and an id below 262,144/,
    ],
    [
      'an id of 4 billion in the vocabulary',
      (f) => (f.model.vocab.a = 4e9),
      /model\.vocab "a" is 4000000000; exp/,
    ],
    [
      'one id twice',
      (f) => (f.model.vocab.a = f.model.vocab.b),
      /model\.vocab "b" is \d+; expected an id of its own/,
    ],
    [
      'an id taken',
      (f) => (f.added_tokens[0].id = 3),
      /the id of the added token "<\|endoftext\|>" is 3; expected one/,
    ],
    [
      'no token for a byte',
      (f) => delete f.model.vocab.Ā,
      /without a token for byte 0"; expected one for each/,
    ],
    [
      'a merge of three',
      (f) => (f.model.merges[1] = 'a b c'),
      /model\.merges\[1\] is "a b c"; expected two tokens/,
    ],
    [
      'merges without end',
      (f) => (f.model.merges = new Array(2e6).fill('a b')),
      /model\.merges is 2000000; exp/,
    ],
    [
      'a list for a vocabulary',
      (f) => (f.model.vocab = [] as never),
      /model\.vocab is \[\]; expected an object/,
    ],
  ])('with %s is refused', (_, edit, message) => {
    const file = golden();
    edit(file);
    const error = thrownBy(() => new Tokenizer(file, {}, 'dir'));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(/^dir\/tokenizer\.json: .*; expected .*, take the file from/);
    expect(error.message).toMatch(message);
  });

  it('with merges as texts, and NFC in a sequence, is the same', () => {
    const file = golden();
    file.model.merges = file.model.merges.map((pair) => (pair as string[]).join(' '));
    file.normalizer = { type: 'Sequence', normalizers: [{ type: 'NFC' }] };
    const [old, own] = [golden(), file].map((f) => new Tokenizer(f, {}, 'dir'));
    const text = 'How many triangles? The answer is \\boxed{12}<|im_end|>';
    expect(own.encode(text)).toEqual(old.encode(text));
  });
});
