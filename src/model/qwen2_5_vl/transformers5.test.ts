/** A folder that transformers 5 has written is the same policy as the one that it has read. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { loadChatTemplate, loadTokenizer } from '../../text/load.ts';
import { readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { readProcessor } from '../processor.ts';
import type { HostTensor } from '../safetensors.ts';
import { readSafetensors, writeSafetensors } from '../safetensors-file.ts';

const OLD = 'test/golden/qwen2_5_vl/tiny_tied';
const SAVED = 'test/golden/qwen2_5_vl/saved_by_transformers5';
const root = mkdtempSync(join(tmpdir(), 'transformers5-'));
const dir = join(root, 'policy');
afterAll(() => rmSync(root, { recursive: true }));

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as JsonObject;

/** The tensors of the old save under the names of the new one. */
beforeAll(() => {
  cpSync(SAVED, dir, { recursive: true });
  const old = readSafetensors(`${OLD}/model.safetensors`);
  const renamed = new Map<string, HostTensor>();
  for (const [name, shape] of Object.entries(json(`${SAVED}/tensors.json`))) {
    const hub = name.replace('model.language_model.', 'model.').replace('model.visual.', 'visual.');
    expect(old.get(hub)?.shape).toEqual(shape);
    renamed.set(name, old.get(hub)!);
  }
  expect(renamed.size).toBe(old.size);
  writeSafetensors(join(dir, 'model.safetensors'), renamed);
});

it('has the same settings and parameters, and so the same logits', () => {
  const before = readCheckpoint(OLD);
  const after = readCheckpoint(dir);
  for (const part of ['tokens', 'patches', 'decoder', 'parameters'] as const)
    expect(after.policy[part]).toEqual(before.policy[part]);
  expect([...after.parameters.keys()]).toEqual([...before.parameters.keys()]);
  for (const [name, { data }] of after.parameters)
    expect(Buffer.from(data.buffer).equals(Buffer.from(before.parameters.get(name)!.data.buffer)), name).toBe(
      true,
    );
  expect(after.layout).toBe('transformers5');
});

it('prepares the same pictures', () => {
  const { policy } = readCheckpoint(dir);
  expect(readProcessor(dir, policy)).toEqual(readProcessor(OLD, policy));
});

it('writes and reads the same tokens', () => {
  const { encode } = json('test/golden/qwen2_5_vl/tokenizer_cases.json') as unknown as {
    encode: { text: string; ids: number[]; decoded_plain: string }[];
  };
  const tokenizer = loadTokenizer(dir);
  for (const { text, ids, decoded_plain } of encode) {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decoded_plain);
  }
  expect(tokenizer.special).toEqual(loadTokenizer(OLD).special);
  expect(loadChatTemplate(dir).source).toBe(loadChatTemplate(OLD).source);
});

it('is written back as it came, in shards too', () => {
  const copy = join(root, 'copy');
  const { policy } = readCheckpoint(dir);
  writeCheckpoint(copy, readCheckpoint(dir), { shardBytes: 200_000 });
  for (const file of [
    'processor_config.json',
    'chat_template.jinja',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
    expect(readFileSync(join(copy, file)).equals(readFileSync(join(SAVED, file))), file).toBe(true);
  expect(json(join(copy, 'config.json'))).toEqual(json(`${SAVED}/config.json`));
  expect(readProcessor(copy, readCheckpoint(copy).policy)).toEqual(readProcessor(dir, policy));
});

describe('the image processor of a folder', () => {
  const place = join(root, 'processor');
  const processor = (files: Record<string, unknown>) => {
    rmSync(place, { recursive: true, force: true });
    cpSync(dir, place, { recursive: true });
    rmSync(join(place, 'processor_config.json'));
    for (const [name, value] of Object.entries(files))
      writeFileSync(join(place, name), typeof value === 'string' ? value : JSON.stringify(value));
    return readProcessor(place, readCheckpoint(place).policy);
  };
  const flat = json(`${OLD}/preprocessor_config.json`);
  const { image_processor: nested } = json(`${SAVED}/processor_config.json`) as {
    image_processor: JsonObject;
  };

  it('is taken from the nested settings before the file of old, as transformers does', () => {
    const files = {
      'preprocessor_config.json': { ...flat, max_pixels: 31360 },
      'processor_config.json': { image_processor: nested },
    };
    expect(processor(files).maxPixels).toBe(15680);
    // Before transformers 5 the file had nothing of the image processor.
    const legacy = { ...files, 'processor_config.json': { processor_class: 'Qwen2_5_VLProcessor' } };
    expect(processor(legacy).maxPixels).toBe(31360);
  });

  it('may say a side for each direction, and leave out what is usual', () => {
    const image_processor = { ...nested, patch_size: [14, 14], temporal_patch_size: [2], do_resize: null };
    expect(processor({ 'processor_config.json': { image_processor } })).toEqual(readProcessor(dir));
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['nowhere', {}, /preprocessor_config\.json: not found; take it from/],
    ['neither place', { 'processor_config.json': {} }, /has no "image_processor", and preprocessor_config/],
    [
      'a list',
      { 'processor_config.json': { image_processor: [] } },
      /"image_processor" must hold a JSON object/,
    ],
    [
      'another grid than the policy',
      { 'processor_config.json': { image_processor: { ...nested, patch_size: 16 } } },
      /processor_config\.json: "image_processor\.patch_size" is 16, but "vision_config\.patch_size" in config\.json is 14/,
    ],
    [
      'another kind',
      { 'preprocessor_config.json': { image_processor_type: 'CLIPImageProcessor' } },
      /preprocessor_config\.json: "image_processor_type" is "CLIPImageProcessor"; expected "Qwen2VL/,
    ],
  ])('is refused: %s', (_, files, message) => {
    expect(() => processor(files)).toThrow(CheckpointError);
    expect(() => processor(files)).toThrow(message);
  });
});
