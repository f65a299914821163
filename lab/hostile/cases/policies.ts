/** Policy folders: config, tokenizer, chat template, image processor, weights. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../../src/random.ts';
import type { ProcessCase } from '../case.ts';
import { damaged, fifo, long, noise, policy, put, QUICK, safetensors, TINY } from '../make.ts';

type Edits = Parameters<typeof policy>[1];

const ARGS = ['train', ...QUICK, '--policy', 'policy', '--steps', '1'];

/** A policy folder with edits; refused before anything is trained. */
const folder = (
  name: string,
  edits: Edits | (() => Edits),
  more: Partial<ProcessCase> = {},
): ProcessCase => ({
  kind: 'policies',
  name,
  prepare: (dir) => void policy(dir, typeof edits === 'function' ? edits() : edits),
  args: ARGS,
  ...more,
});

const config = (path: string, value: unknown, more: Partial<ProcessCase> = {}) =>
  folder(
    `config.json: ${path} = ${String(JSON.stringify(value)).slice(0, 40)}`,
    { 'config.json': put(path, value) },
    more,
  );

const processor = (path: string, value: unknown) =>
  folder(`preprocessor_config.json: ${path} = ${String(JSON.stringify(value)).slice(0, 40)}`, {
    'preprocessor_config.json': put(path, value),
  });

const template = (name: string, text: string, more: Partial<ProcessCase> = {}) =>
  folder(`chat template: ${name}`, { 'chat_template.json': () => ({ chat_template: text }) }, more);

const weights = (name: string, bytes: Uint8Array | (() => Uint8Array)) =>
  folder(`weights: ${name}`, () => ({ 'model.safetensors': typeof bytes === 'function' ? bytes() : bytes }));

const WEIGHTS = () => readFileSync(join(TINY, 'model.safetensors'));

const tensor = (more: Record<string, unknown>) =>
  JSON.stringify({
    'model.embed_tokens.weight': { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more },
  });

const LOOPS = '{% for i in range(10000000000) %}{{ i }}{% endfor %}';

export function policyCases(seed: string): ProcessCase[] {
  const ran = { status: [0, 1], seconds: 10, leaves: /^runs\/run/ } as const;
  return [
    config('num_hidden_layers', 1e9),
    config('num_hidden_layers', 0),
    config('num_hidden_layers', -1),
    config('num_hidden_layers', 1.5),
    config('num_hidden_layers', '2'),
    config('num_hidden_layers', null),
    config('hidden_size', 1e9),
    config('hidden_size', 0),
    config('vocab_size', 1e12),
    config('num_attention_heads', 3),
    config('num_attention_heads', 0),
    config('num_key_value_heads', 1e9),
    config('intermediate_size', 1e15),
    config('max_position_embeddings', -1, ran),
    config('rms_norm_eps', 'NaN'),
    config('rope_theta', 0),
    config('model_type', 'llava'),
    config('model_type', long(100_000)),
    config('model_type', '\u001b[2J'),
    config('architectures', 7, ran),
    config('vision_config', null),
    config('vision_config.depth', 1e9),
    config('vision_config.patch_size', 0),
    config('vision_config.patch_size', 1e5),
    config('vision_config.temporal_patch_size', 1e5),
    config('vision_config.spatial_merge_size', 0),
    config('vision_config.window_size', 1),
    config('vision_config.hidden_size', 1e9),
    config('vision_config.fullatt_block_indexes', [1e9], ran),
    config('rope_scaling', { type: 'mrope', mrope_section: [1e9, 1, 1] }),
    config('eos_token_id', -5, ran),
    config('tie_word_embeddings', 'maybe', ran),
    config('image_token_id', 1e12, ran),
    folder('config.json: missing', { 'config.json': null }),
    folder('config.json: empty', { 'config.json': '' }),
    folder('config.json: a list', { 'config.json': '[]' }),
    folder('config.json: null', { 'config.json': 'null' }),
    folder('config.json: 100,000 brackets', { 'config.json': long(100_000, '[') }),
    folder('config.json: 60 MB', () => ({ 'config.json': `{"x": "${long(60_000_000)}"}` })),
    folder('config.json: __proto__', { 'config.json': '{"__proto__": {"model_type": "qwen2_5_vl"}}' }),
    folder('config.json: noise', { 'config.json': noise(3000, random(seed, 'config')) }),
    processor('patch_size', 1e5),
    processor('patch_size', 0),
    processor('temporal_patch_size', 1e5),
    processor('merge_size', 0),
    processor('min_pixels', 1e12),
    processor('max_pixels', 0),
    processor('image_mean', [1]),
    processor('image_std', [0, 0, 0]),
    processor('image_mean', 'x'),
    folder('preprocessor_config.json: missing', { 'preprocessor_config.json': null }),
    folder('preprocessor_config.json: a list', { 'preprocessor_config.json': '[]' }),
    folder(
      'tokenizer: missing',
      { 'tokenizer.json': null },
      { status: [0, 1], seconds: 10, leaves: /^runs\/run/ },
    ),
    folder('tokenizer: a list', { 'tokenizer.json': '[]' }),
    folder('tokenizer: noise', { 'tokenizer.json': noise(3000, random(seed, 'tokenizer')) }),
    folder('tokenizer: a vocabulary that is a list', { 'tokenizer.json': put('model.vocab', []) }),
    folder('tokenizer: an empty vocabulary', { 'tokenizer.json': put('model.vocab', {}) }),
    folder('tokenizer: ids of 10¹²', { 'tokenizer.json': put('model.vocab.a', 1e12) }, ran),
    folder(
      'tokenizer: merges that are none',
      { 'tokenizer.json': put('model.merges', [['q', 'zzzz'], 7]) },
      ran,
    ),
    folder('tokenizer: a kind that is unknown', { 'tokenizer.json': put('model.type', 'Magic') }),
    folder(
      'tokenizer: a pattern that goes back and back',
      {
        'tokenizer.json': put('pre_tokenizer', {
          type: 'Split',
          pattern: { Regex: '(.*)*x' },
          behavior: 'Isolated',
          invert: false,
        }),
      },
      { status: [0, 1], seconds: 8, leaves: /^runs\/run/ },
    ),
    folder('tokenizer: a pattern that is none', {
      'tokenizer.json': put('pre_tokenizer', {
        type: 'Split',
        pattern: { Regex: '((((' },
        behavior: 'Isolated',
        invert: false,
      }),
    }),
    folder(
      'tokenizer: a pattern of 1 MB',
      {
        'tokenizer.json': put('pre_tokenizer', {
          type: 'Split',
          pattern: { Regex: long(500_000, 'a|') },
          behavior: 'Isolated',
          invert: false,
        }),
      },
      { status: [0, 1], seconds: 8, leaves: /^runs\/run/ },
    ),
    template('missing', ''),
    template('loops 10¹⁰ times', LOOPS),
    template(
      'loops in loops',
      '{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}',
    ),
    template(
      'grows without end',
      '{% set ns = namespace(s="x") %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}',
    ),
    template('calls itself', '{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}'),
    template('is not closed', '{% for x in messages %}'),
    template('raises', '{{ raise_exception("no") }}'),
    template('reaches for the constructor', '{{ "".constructor.constructor("return process")().exit(9) }}'),
    template('reaches for a prototype', '{{ messages.__proto__.polluted }}{{ nothing.at.all }}'),
    template('10,000 levels', long(10_000, '{% if true %}')),
    template('says nothing of the picture', 'hello'),
    template('5 MB', `{{ messages[0].content }}${long(5_000_000)}`),
    folder('weights: missing', { 'model.safetensors': null }),
    weights('empty', new Uint8Array()),
    weights('seven bytes', new Uint8Array(7)),
    weights('text', Buffer.from('hello world, this is no checkpoint')),
    weights(
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n'),
    ),
    weights('a pickle', Buffer.from('\x80\x02}q\x00X\x05\x00', 'latin1')),
    weights('a header of 2⁶³ bytes', safetensors('{}', new Uint8Array(), 2n ** 63n)),
    weights('a header that is longer than the file', safetensors('{}', new Uint8Array(), 1_000_000n)),
    weights('a header that is no JSON', safetensors('{{{{{{{{')),
    weights('a header of 1.4 M keys', () =>
      safetensors(
        `{${Array.from({ length: 1_400_000 }, (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
      ),
    ),
    weights('a header of 100,000 brackets', safetensors(long(100_000, '['))),
    weights('no tensors', safetensors('{}')),
    weights('a dtype that is unknown', safetensors(tensor({ dtype: 'F7' }), new Uint8Array(8))),
    weights('a shape of 10¹⁸', safetensors(tensor({ shape: [1e9, 1e9] }), new Uint8Array(8))),
    weights('a negative shape', safetensors(tensor({ shape: [-2] }), new Uint8Array(8))),
    weights('offsets that lie outside', safetensors(tensor({ data_offsets: [0, 1e12] }), new Uint8Array(8))),
    weights('offsets that go back', safetensors(tensor({ data_offsets: [8, 0] }), new Uint8Array(8))),
    weights('another shape', safetensors(tensor({}), new Uint8Array(8))),
    folder('weights: cut', () => ({ 'model.safetensors': WEIGHTS().subarray(0, 300_000) })),
    folder('weights: an index of nothing', {
      'model.safetensors': null,
      'model.safetensors.index.json': '{"weight_map": {"a": "../../../../etc/passwd"}}',
    }),
    folder('weights: an index without a map', {
      'model.safetensors': null,
      'model.safetensors.index.json': '[]',
    }),
    folder(
      'weights: a FIFO',
      {},
      {
        prepare: (dir) => {
          const p = policy(dir, { 'model.safetensors': null });
          fifo(join(p, 'model.safetensors'));
        },
      },
    ),
    folder(
      'weights: a folder',
      {},
      {
        prepare: (dir) => {
          mkdirSync(join(policy(dir, { 'model.safetensors': null }), 'model.safetensors'));
        },
      },
    ),
    folder(
      'weights: a loop of links',
      {},
      {
        prepare: (dir) =>
          symlinkSync(
            'model.safetensors',
            join(policy(dir, { 'model.safetensors': null }), 'model.safetensors'),
          ),
      },
    ),
    folder(
      'weights: 8 GB of nothing',
      {},
      {
        prepare: (dir) => {
          const f = join(policy(dir, {}), 'model.safetensors');
          writeFileSync(f, '');
          truncateSync(f, 8 * 2 ** 30);
        },
      },
    ),
    folder(
      'a file in place of the folder',
      {},
      { prepare: (dir) => writeFileSync(join(dir, 'policy'), 'x') },
    ),
    folder('an empty folder', {}, { prepare: (dir) => mkdirSync(join(dir, 'policy')) }),
    folder(
      'a FIFO as config',
      {},
      {
        prepare: (dir) => {
          cpSync(TINY, join(dir, 'policy'), { recursive: true });
          rmSync(join(dir, 'policy', 'config.json'));
          fifo(join(dir, 'policy', 'config.json'));
        },
      },
    ),
    ...['config.json', 'tokenizer.json', 'preprocessor_config.json', 'chat_template.json'].flatMap((name) =>
      Array.from({ length: 5 }, (_, i) =>
        folder(
          `drawn ${i}: a damaged ${name}`,
          () => ({ [name]: damaged(readFileSync(join(TINY, name)), random(seed, name, i)) }),
          { ...ran },
        ),
      ),
    ),
    ...Array.from({ length: 5 }, (_, i) =>
      folder(
        `drawn ${i}: a damaged header of the weights`,
        () => ({ 'model.safetensors': headDamaged(random(seed, 'weights', i)) }),
        { ...ran },
      ),
    ),
  ];
}

/** Only the header changes: other bytes are weights like any. */
function headDamaged(rng: ReturnType<typeof random>): Buffer {
  const bytes = WEIGHTS();
  const head = Number(bytes.readBigUInt64LE(0)) + 8;
  const out = Buffer.from(bytes);
  for (let i = 0; i < 3; i++) out[rng.int(head)] = rng.int(256);
  return out;
}
