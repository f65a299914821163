/** Folders that are something else than they seem, or ask for more than any model has: one line, at once. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CheckpointError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { writeTinyPolicy } from '../rollout/policy.testing.ts';
import { openPolicy } from '../rollout/policy.ts';
import { resolveConfig } from '../settings/resolve.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readDinov2 } from './dinov2/checkpoint.ts';
import { readSafetensors, writeSafetensors } from './safetensors-file.ts';

const root = mkdtempSync(join(tmpdir(), 'bounds-'));
afterAll(() => rmSync(root, { recursive: true }));

const base = join(root, 'base');
beforeAll(() => writeTinyPolicy(base));
const tinyPolicy = (to: string) => cpSync(base, to, { recursive: true });

let dir = '';
let count = 0;
beforeEach(() => {
  dir = join(root, String(count++));
});

/** All that a run reads of a policy. */
function load(folder: string): void {
  openPolicy({ ...resolveConfig([]), policy: folder });
  readCheckpoint(folder);
}

/** Refused in one line, within 2 s of processor time and without 1 GB. */
function refused(work: () => unknown, message: RegExp): void {
  const start = process.cpuUsage();
  const before = process.memoryUsage.rss();
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  const { user, system } = process.cpuUsage(start);
  expect(thrown).toBeInstanceOf(CheckpointError);
  expect((thrown as Error).message).toMatch(message);
  expect((thrown as Error).message.length).toBeLessThan(1200);
  expect((user + system) / 1e6).toBeLessThan(2);
  expect(process.memoryUsage.rss() - before).toBeLessThan(1e9);
}

const path = (name: string) => join(dir, name);
const change = (file: string, edit: (json: JsonObject) => void) => {
  const json = JSON.parse(readFileSync(path(file), 'utf8')) as JsonObject;
  edit(json);
  writeFileSync(path(file), JSON.stringify(json));
};
const vision = (json: JsonObject) => json.vision_config as JsonObject;

describe('numbers that no model has', () => {
  it.each<[string, (json: JsonObject) => void]>([
    ['num_hidden_layers', (j) => (j.num_hidden_layers = 1e9)],
    ['hidden_size', (j) => (j.hidden_size = 2 ** 40)],
    ['num_attention_heads', (j) => (j.num_attention_heads = 1e6)],
    ['num_key_value_heads', (j) => (j.num_key_value_heads = 1e12)],
    ['intermediate_size', (j) => (j.intermediate_size = 1e9)],
    ['vocab_size', (j) => (j.vocab_size = 1e12)],
    ['max_position_embeddings', (j) => (j.max_position_embeddings = 1e15)],
    ['rope_theta', (j) => (j.rope_theta = 1e300)],
    ['rms_norm_eps', (j) => (j.rms_norm_eps = 1e9)],
    ['image_token_id', (j) => (j.image_token_id = 1e300)],
    ['rope_scaling.mrope_section', (j) => (j.rope_scaling = { mrope_section: new Array(1e5).fill(1) })],
    ['vision_config.depth', (j) => (vision(j).depth = 1e9)],
    ['vision_config.hidden_size', (j) => (vision(j).hidden_size = 1e9)],
    ['vision_config.num_heads', (j) => (vision(j).num_heads = 1e9)],
    ['vision_config.intermediate_size', (j) => (vision(j).intermediate_size = 1e9)],
    ['vision_config.patch_size', (j) => (vision(j).patch_size = 1e5)],
    ['vision_config.spatial_merge_size', (j) => (vision(j).spatial_merge_size = 1e5)],
    ['vision_config.temporal_patch_size', (j) => (vision(j).temporal_patch_size = 1e5)],
    ['vision_config.window_size', (j) => (vision(j).window_size = 1e15)],
    ['vision_config.out_hidden_size', (j) => (vision(j).out_hidden_size = 1e15)],
    ['vision_config.in_channels', (j) => (vision(j).in_channels = 1e9)],
    [
      'vision_config.fullatt_block_indexes',
      (j) => (vision(j).fullatt_block_indexes = new Array(1e5).fill(0)),
    ],
  ])('%s', (key, edit) => {
    tinyPolicy(dir);
    change('config.json', edit);
    refused(() => load(dir), new RegExp(`config\\.json: "${key.replace('.', '\\.')}" is .*; expected `));
  });

  it.each(['patch_size', 'merge_size', 'temporal_patch_size', 'min_pixels', 'max_pixels', 'rescale_factor'])(
    'the image processor: %s',
    (key) => {
      tinyPolicy(dir);
      change('preprocessor_config.json', (json) => (json[key] = 1e15));
      refused(
        () => load(dir),
        new RegExp(`preprocessor_config\\.json: "${key}" is 1000000000000000; expected`),
      );
    },
  );

  it.each([
    'hidden_size',
    'num_hidden_layers',
    'num_attention_heads',
    'mlp_ratio',
    'image_size',
    'patch_size',
  ])('DINOv2: %s', (key) => {
    cpSync('test/golden/dinov2/swiglu', dir, { recursive: true });
    change('config.json', (json) => (json[key] = 1e9));
    refused(() => readDinov2(dir), new RegExp(`config\\.json: "${key}" is 1000000000; expected `));
  });

  it('more memory than the machine has', () => {
    tinyPolicy(dir);
    const memory = vi.spyOn(process, 'constrainedMemory').mockReturnValue(10_000);
    refused(
      () => load(dir),
      /the weights take [\d,]+ bytes as float32, this machine has 10,000; name a smaller/,
    );
    memory.mockRestore();
    load(dir);
  });
});

describe('files that are none', () => {
  const pipe = (name: string) => execFileSync('mkfifo', [path(name)]);
  const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'preprocessor_config.json'];

  it.skipIf(process.platform === 'win32').each(names)('a pipe, a folder or a device as %s', (name) => {
    const makers = [
      pipe,
      (n: string) => mkdirSync(path(n)),
      (n: string) => symlinkSync('/dev/zero', path(n)),
    ];
    for (const [i, make] of makers.entries()) {
      dir = join(root, String(count++));
      tinyPolicy(dir);
      rmSync(path(name));
      make(name);
      const kind = ['pipe', 'folder', 'device'][i];
      refused(() => load(dir), new RegExp(`${name.replace('.', '\\.')}: is a ${kind}, not a file; \\w`));
    }
  });

  it.each([
    ['config.json', 2 ** 31],
    ['tokenizer.json', 2 ** 33],
    ['tokenizer_config.json', 2 ** 31],
    ['generation_config.json', 2 ** 31],
    ['preprocessor_config.json', 2 ** 31],
    ['chat_template.json', 2 ** 31],
  ])('%s of %i bytes', (name, bytes) => {
    tinyPolicy(dir);
    truncateSync(path(name), bytes);
    refused(
      () => load(dir),
      new RegExp(`${name}: has [\\d,]+ bytes, such a file has at most [\\d,]+; take it`),
    );
  });

  it.each(['config.json', 'tokenizer.json', 'tokenizer_config.json'])('%s nested a million deep', (name) => {
    tinyPolicy(dir);
    writeFileSync(path(name), `{"model_type":${'['.repeat(1e6)}${']'.repeat(1e6)}}`);
    refused(() => load(dir), new RegExp(`${name}: is nested more than 64 deep; take it`));
  });

  it('a header of 1.4 million tensors', () => {
    tinyPolicy(dir);
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(84_000_000n);
    writeFileSync(path('model.safetensors'), start);
    truncateSync(path('model.safetensors'), 90_000_000);
    refused(() => load(dir), /the header has 84,000,000 bytes, at most 4,194,304 are read/);
  });

  it('a header that claims 8 EB', () => {
    tinyPolicy(dir);
    const bytes = readFileSync(path('model.safetensors'));
    bytes.writeBigUInt64LE(2n ** 63n);
    writeFileSync(path('model.safetensors'), bytes);
    refused(() => load(dir), /the header claims 9223372036854775808 bytes in a file of \d+/);
  });

  it.each([
    [
      'git-lfs',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
      /git-lfs pointer.*git lfs pull/,
    ],
    ['GGUF', 'GGUF\u0003\u0000\u0000\u0000\u0000\u0000\u0000\u0000', /is a GGUF file under another name/],
    [
      'a zip of pickles',
      'PK\u0003\u0004\u0000\u0000\u0000\u0000\u0000',
      /is a pickled file under another name/,
    ],
  ])('weights that are %s', (_, content, message) => {
    tinyPolicy(dir);
    writeFileSync(path('model.safetensors'), content);
    refused(() => load(dir), message);
    if (_ !== 'git-lfs') return;
    tinyPolicy(join(dir, 'config'));
    dir = join(dir, 'config');
    writeFileSync(path('config.json'), content);
    refused(() => load(dir), /config\.json: is a git-lfs pointer/);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('weights with %d', (value) => {
    tinyPolicy(dir);
    const tensors = readSafetensors(path('model.safetensors'));
    tensors.get('model.norm.weight')!.data[3] = value;
    writeSafetensors(path('model.safetensors'), tensors);
    const message = new RegExp(
      `model\\.safetensors: tensor "model\\.norm\\.weight" holds ${value} at index 3; .* take`,
    );
    refused(() => load(dir), message);
    cpSync('test/golden/dinov2/swiglu', path('dino'), { recursive: true });
    const dino = readSafetensors(path('dino/model.safetensors'));
    dino.get('layernorm.bias')!.data[0] = value;
    writeSafetensors(path('dino/model.safetensors'), dino);
    refused(() => readDinov2(path('dino')), /tensor "layernorm\.bias" holds/);
  });
});

describe('another thing than the folder of a policy', () => {
  it.each<[string, JsonObject, RegExp]>([
    ['Qwen2-VL', { model_type: 'qwen2_vl' }, /"qwen2_vl", that is Qwen2-VL, another family/],
    ['Qwen2.5-Omni', { model_type: 'qwen2_5_omni' }, /that is Qwen2\.5-Omni, another family/],
    ['LLaVA', { model_type: 'llava_next' }, /that is LLaVA-NeXT/],
    [
      'Qwen2.5',
      { model_type: 'qwen2' },
      /a model of text alone that sees no pictures; supported (is|are) "qwen2_5_vl"/,
    ],
    ['DINOv2', { model_type: 'dinov2' }, /a model of pictures alone/],
    [
      'something newer',
      { model_type: 'qwen9_vl' },
      /is "qwen9_vl"; supported (is|are) "qwen2_5_vl" \(Qwen2\.5-VL\).*, name/,
    ],
    ['nothing', {}, /"model_type" is missing; supported/],
    ['an inherited name', { model_type: 'constructor' }, /is "constructor"; supported/],
    [
      'quantised weights',
      { model_type: 'qwen2_5_vl', quantization_config: { quant_method: 'awq' } },
      /the weights are quantised .* take the checkpoint that they were made from/,
    ],
  ])('%s', (_, config, message) => {
    mkdirSync(dir);
    writeFileSync(path('config.json'), JSON.stringify(config));
    refused(() => load(dir), message);
  });

  it('an adapter, GGUF files, a run, a cache of the hub, a file', () => {
    mkdirSync(path('adapter'), { recursive: true });
    writeFileSync(
      path('adapter/adapter_config.json'),
      '{"base_model_name_or_path":"Qwen/Qwen2.5-VL-3B-Instruct"}',
    );
    refused(() => load(path('adapter')), /PEFT adapter of "Qwen\/Qwen2\.5-VL-3B-Instruct".*merge_and_unload/);
    mkdirSync(path('gguf'));
    writeFileSync(path('gguf/model-q4.gguf'), 'GGUF');
    refused(() => load(path('gguf')), /holds GGUF files, which cannot be trained/);
    refused(() => load(path('gguf/model-q4.gguf')), /is a GGUF file, which cannot be trained/);
    tinyPolicy(path('run/checkpoints/step-000001'));
    tinyPolicy(path('run/checkpoints/step-000002'));
    refused(
      () => load(path('run')),
      /run\/config\.json: not found; did you mean .*run\/checkpoints\/step-000002\?/,
    );
    tinyPolicy(path('models--a--b/snapshots/abc'));
    refused(() => load(path('models--a--b')), /did you mean .*snapshots\/abc\?/);
    refused(
      () => load(path('run/checkpoints/step-000001/config.json')),
      /is a file; name the folder it lies in/,
    );
    refused(() => load(`${path('run')}/x\u0000y`), /NUL/);
  });

  it('a name of the hub, and a path that only looks like one', () => {
    refused(
      () => load('Qwen/Qwen2.5-VL-3B-Instruct'),
      /no such folder here, .* run 'hf download Qwen\/Qwen2\.5-VL-3B-Instruct --local-dir Qwen2\.5-VL-3B-Instruct'/,
    );
    refused(
      () => load('src/nothing'),
      /^src\/nothing: no such folder; name the folder of a Qwen2\.5-VL\b.* checkpoint/,
    );
  });

  it('the tokenizer of another model', () => {
    tinyPolicy(dir);
    change('config.json', (json) => Object.assign(json, { image_token_id: 341, video_token_id: 340 }));
    refused(
      () => load(dir),
      /<\|image_pad\|> has id 340, "image_token_id" in config\.json is 341; take tokenizer and/,
    );
    change('tokenizer.json', (json) =>
      (json.added_tokens as JsonObject[]).push({ id: 400, content: '<new>', special: false }),
    );
    refused(() => load(dir), /has ids up to 400, the model knows 352/);
  });
});
