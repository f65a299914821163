import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { readCheckpoint, readOptimizer, writeCheckpoint, writeOptimizer } from './checkpoint.ts';
import { fromHubName, toHubName } from './qwen2_5_vl/names.ts';
import type { HostTensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors-file.ts';

const GOLDEN = 'test/golden/qwen2_5_vl';
const COPIED = [
  'chat_template.json',
  'generation_config.json',
  'merges.txt',
  'preprocessor_config.json',
].concat(['tokenizer.json', 'tokenizer_config.json', 'vocab.json']);
const root = mkdtempSync(join(tmpdir(), 'checkpoint-'));
afterAll(() => rmSync(root, { recursive: true }));
/** `toEqual` walks typed arrays element by element; bytes compare at once. */
function expectSame(
  actual: ReadonlyMap<string, HostTensor>,
  expected: ReadonlyMap<string, HostTensor>,
): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, { shape, data }] of actual) {
    const other = expected.get(name)!;
    expect(shape).toEqual(other.shape);
    expect(Buffer.compare(new Uint8Array(data.buffer), new Uint8Array(other.data.buffer)), name).toBe(0);
  }
}

let dir = '';
let count = 0;
beforeEach(() => {
  dir = join(root, String(count++));
});

describe.each([
  ['tiny_tied', 'hub'],
  ['tiny_untied', 'transformers5'],
] as const)('%s', (name, layout) => {
  const source = `${GOLDEN}/${name}`;

  it('is read whole, under hub names in the fixed order', () => {
    const checkpoint = readCheckpoint(source);
    expect(checkpoint.layout).toBe(layout);
    const stored = readSafetensors(`${source}/model.safetensors`);
    expect([...checkpoint.parameters.keys()]).toEqual(checkpoint.policy.parameters.map((spec) => spec.name));
    expect(new Set([...checkpoint.parameters.keys()].map((key) => fromHubName(key, layout)))).toEqual(
      new Set(stored.keys()),
    );
    for (const [key, { data }] of checkpoint.parameters)
      expect(data).toEqual(stored.get(fromHubName(key, layout))!.data);
  });

  it.each([
    ['one file', undefined],
    ['shards', 200_000],
  ])('is written back as it came: %s', (_, shardBytes) => {
    const checkpoint = readCheckpoint(source);
    writeCheckpoint(dir, checkpoint, { shardBytes });
    const back = readCheckpoint(dir);
    expect(back.layout).toBe(layout);
    expectSame(back.parameters, checkpoint.parameters);
    expect(back.policy.raw).toEqual(checkpoint.policy.raw);
    expect(back.policy.parameters).toEqual(checkpoint.policy.parameters);
    for (const file of COPIED)
      expect(readFileSync(join(dir, file)).equals(readFileSync(join(source, file)))).toBe(true);
    expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toEqual(
      JSON.parse(readFileSync(join(source, 'config.json'), 'utf8')),
    );
    if (shardBytes) {
      const files = readdirSync(dir).filter((file) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(file));
      expect(files.length).toBeGreaterThan(3);
      const index = JSON.parse(readFileSync(join(dir, 'model.safetensors.index.json'), 'utf8')) as {
        metadata: { total_size: number };
        weight_map: Record<string, string>;
      };
      expect(new Set(Object.values(index.weight_map))).toEqual(new Set(files));
      const bytes = [...checkpoint.parameters.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      expect(index.metadata.total_size).toBe(bytes);
    }
  });
});

it('maps names between the layouts, both ways', () => {
  const pairs = [
    ['model.layers.0.self_attn.q_proj.weight', 'model.language_model.layers.0.self_attn.q_proj.weight'],
    ['model.embed_tokens.weight', 'model.language_model.embed_tokens.weight'],
    ['visual.blocks.0.attn.qkv.weight', 'model.visual.blocks.0.attn.qkv.weight'],
    ['lm_head.weight', 'lm_head.weight'],
  ] as const;
  for (const [hub, v5] of pairs) {
    expect(fromHubName(hub, 'transformers5')).toBe(v5);
    expect([toHubName(v5), toHubName(hub), fromHubName(hub, 'hub')]).toEqual([hub, hub, hub]);
  }
});

describe('what a user can get wrong', () => {
  const source = `${GOLDEN}/tiny_tied`;
  const copy = () => cpSync(source, dir, { recursive: true });
  const weights = () => readSafetensors(join(source, 'model.safetensors'));

  const cases: [string, () => void, RegExp][] = [
    ['no folder', () => {}, /no such folder; name the folder of a Qwen2\.5-VL\b.* checkpoint/],
    [
      'an empty folder',
      () => mkdirSync(dir),
      /config\.json: not found; name the folder of a Qwen2\.5-VL\b.* checkpoint in Hugging Face form/,
    ],
    [
      'a config that is no JSON',
      () => {
        copy();
        writeFileSync(join(dir, 'config.json'), '{');
      },
      /config\.json: not valid JSON/,
    ],
    [
      'no weights',
      () => {
        copy();
        rmSync(join(dir, 'model.safetensors'));
        rmSync(join(dir, 'expected.safetensors'));
      },
      /no weights; put model\.safetensors/,
    ],
    [
      'weights of the old kind',
      () => {
        copy();
        rmSync(join(dir, 'model.safetensors'));
        writeFileSync(join(dir, 'pytorch_model.bin'), '');
      },
      /only "pytorch_model\.bin" is there, and pickled files are not read as they can run code: convert it/,
    ],
    [
      'a missing tensor',
      () => {
        copy();
        const tensors = weights();
        tensors.delete('visual.merger.ln_q.weight');
        writeSafetensors(join(dir, 'model.safetensors'), tensors);
      },
      /model\.safetensors: tensor "visual\.merger\.ln_q\.weight" with shape \[32\] is missing/,
    ],
    [
      'a tensor of another shape',
      () => {
        copy();
        const tensors = weights();
        tensors.set('model.norm.weight', { shape: [2, 32], data: new Float32Array(64) });
        writeSafetensors(join(dir, 'model.safetensors'), tensors);
      },
      /"model\.norm\.weight" has shape \[2,32\]; config\.json asks for \[64\]/,
    ],
    [
      'a tensor too many',
      () => {
        copy();
        writeSafetensors(
          join(dir, 'model.safetensors'),
          weights().set('extra', { shape: [1], data: new Float32Array(1) }),
        );
      },
      /"extra" with shape \[1\] is no part of the model/,
    ],
    [
      'a missing shard',
      () => {
        writeCheckpoint(dir, readCheckpoint(source), { shardBytes: 200_000 });
        rmSync(join(dir, readdirSync(dir).find((file) => file.startsWith('model-00002'))!));
      },
      /model-00002-of-\d{5}\.safetensors: the index names this shard but it is missing/,
    ],
    [
      'an index that points elsewhere',
      () => {
        copy();
        rmSync(join(dir, 'model.safetensors'));
        const index = { weight_map: { 'model.norm.weight': '../model.safetensors' } };
        writeFileSync(join(dir, 'model.safetensors.index.json'), JSON.stringify(index));
      },
      /expected a \.safetensors file beside the index/,
    ],
  ];
  it.each(cases)('%s', (_, spoil, message) => {
    spoil();
    expect(() => readCheckpoint(dir)).toThrow(CheckpointError);
    expect(() => readCheckpoint(dir)).toThrow(message);
  });

  it('tolerates the copy of a tied embedding and old rotary buffers', () => {
    copy();
    const tensors = weights();
    tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!);
    tensors.set('visual.rotary_pos_emb.inv_freq', { shape: [4], data: new Float32Array(4) });
    writeSafetensors(join(dir, 'model.safetensors'), tensors);
    expectSame(readCheckpoint(dir).parameters, readCheckpoint(source).parameters);
  });

  it('never writes over an earlier checkpoint', () => {
    copy();
    expect(() => writeCheckpoint(dir, readCheckpoint(source))).toThrow(
      /already holds a checkpoint; choose an empty folder/,
    );
  });

  it('writes nothing where a parameter has the wrong shape', () => {
    const checkpoint = readCheckpoint(source);
    checkpoint.parameters.set('model.norm.weight', { shape: [3], data: new Float32Array(3) });
    expect(() => writeCheckpoint(dir, checkpoint)).toThrow(
      /"model\.norm\.weight" has shape \[3\]; the config asks for \[64\]/,
    );
    expect(existsSync(dir)).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full'))('cleans up when the disk is full', () => {
    mkdirSync(dir);
    symlinkSync('/dev/full', join(dir, 'model.safetensors.partial'));
    expect(() => writeCheckpoint(dir, readCheckpoint(source))).toThrow(
      /model\.safetensors: cannot be written \(ENOSPC\): the disk is full/,
    );
    expect(readdirSync(dir)).toEqual([]);
  });
});

it('names float32 as the dtype of what it writes', () => {
  const checkpoint = readCheckpoint(`${GOLDEN}/tiny_tied`);
  checkpoint.policy.raw.config.torch_dtype = 'bfloat16';
  writeCheckpoint(dir, checkpoint);
  expect((JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as JsonObject).torch_dtype).toBe(
    'float32',
  );
});

it('keeps the moments of the optimiser', () => {
  mkdirSync(dir);
  expect(readOptimizer(dir)).toBeUndefined();
  const tensors = new Map([['m.model.norm.weight', { shape: [2], data: Float32Array.of(1, 2) }]]);
  writeOptimizer(dir, tensors);
  expect(readOptimizer(dir)).toEqual(tensors);
});
