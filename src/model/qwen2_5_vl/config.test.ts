import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { parsePolicy } from '../families.ts';
import { readConfig } from './config.ts';
import { parameterSpecs } from './names.ts';
import { newConfig } from './new.ts';

const read = (name: string, file = 'config.json') =>
  JSON.parse(readFileSync(`test/golden/qwen2_5_vl/${name}/${file}`, 'utf8')) as JsonObject;

describe('readConfig', () => {
  it('reads the flat form of the hub', () => {
    const config = readConfig(read('tiny_tied'), read('tiny_tied', 'generation_config.json'), 'x');
    expect(config.text).toEqual({
      hiddenSize: 64,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      intermediateSize: 128,
      vocabSize: 352,
      rmsNormEps: 1e-6,
      ropeTheta: 1e6,
      mropeSection: [2, 3, 3],
      tieWordEmbeddings: true,
    });
    expect(config.vision).toEqual({
      depth: 3,
      hiddenSize: 32,
      heads: 2,
      headDim: 16,
      intermediateSize: 48,
      patchSize: 14,
      mergeSize: 2,
      temporalPatchSize: 2,
      windowSize: 56,
      fullAttentionBlocks: [1],
      outHiddenSize: 64,
      inChannels: 3,
      ropeTheta: 10000,
      rmsNormEps: 1e-6,
    });
    expect(config.tokens).toEqual({
      image: 340,
      video: 341,
      visionStart: 337,
      visionEnd: 338,
      eos: [330, 328],
      pad: 328,
    });
    expect(config.raw.config).toEqual(read('tiny_tied'));
  });

  it('reads the nested form of transformers 5', () => {
    const { text, vision, tokens } = readConfig(read('tiny_untied'), undefined, 'x');
    expect(text).toMatchObject({
      hiddenSize: 64,
      layers: 3,
      kvHeads: 1,
      intermediateSize: 96,
      mropeSection: [2, 3, 3],
    });
    expect(text).toMatchObject({ ropeTheta: 1e6, tieWordEmbeddings: false });
    expect(vision).toMatchObject({
      depth: 4,
      hiddenSize: 48,
      heads: 3,
      windowSize: 112,
      fullAttentionBlocks: [2],
    });
    expect(tokens).toMatchObject({ eos: [330], pad: 328 });
  });

  it('reads the nested form of transformers 4.5x, with rope_scaling and the tie inside text_config', () => {
    const json = read('tiny_untied');
    const text = json.text_config as JsonObject;
    delete text.rope_parameters;
    delete json.tie_word_embeddings;
    Object.assign(text, { rope_theta: 5e5, tie_word_embeddings: true });
    text.rope_scaling = { mrope_section: [4, 2, 2], rope_type: 'default', type: 'default' };
    const config = readConfig(json, undefined, 'x');
    expect(config.text).toMatchObject({ ropeTheta: 5e5, mropeSection: [4, 2, 2], tieWordEmbeddings: true });
  });

  const broken: [string, (json: JsonObject) => void, RegExp][] = [
    [
      'another model',
      (j) => (j.model_type = 'llava'),
      /x\/config\.json: "model_type" is "llava", that is LLaVA, another family.*supported (is|are) .*"qwen2_5_vl"/,
    ],
    [
      'no hidden size',
      (j) => delete j.hidden_size,
      /"hidden_size" is missing; expected a whole number from 1 to 65,536/,
    ],
    ['no vision tower', (j) => delete j.vision_config, /"vision_config" is missing/],
    ['a vision key', (j) => delete (j.vision_config as JsonObject).depth, /"vision_config.depth" is missing/],
    [
      'heads that do not divide',
      (j) => (j.num_attention_heads = 5),
      /"num_attention_heads" is 5; expected a divisor/,
    ],
    [
      'kv heads that do not divide',
      (j) => (j.num_key_value_heads = 3),
      /"num_key_value_heads" is 3; expected a divisor/,
    ],
    [
      'sections that do not add up',
      (j) => (j.rope_scaling = { type: 'mrope', mrope_section: [2, 2, 2] }),
      /add up to 8/,
    ],
    [
      'scaled rope',
      (j) => (j.rope_scaling = { type: 'yarn', mrope_section: [2, 3, 3] }),
      /"rope_scaling.type" is "yarn"/,
    ],
    ['no rope', (j) => delete j.rope_scaling, /"rope_scaling" is missing/],
    ['no image token', (j) => delete j.image_token_id, /"image_token_id" is missing; expected a token id/],
    [
      'a token outside the vocabulary',
      (j) => (j.image_token_id = 400),
      /image token id 400 lies outside vocab_size 352/,
    ],
    [
      'a merger of another width',
      (j) => ((j.vision_config as JsonObject).out_hidden_size = 32),
      /hidden_size 64/,
    ],
    ['sliding windows', (j) => (j.use_sliding_window = true), /"use_sliding_window" is true; expected false/],
    ['no end token', (j) => delete j.eos_token_id, /"eos_token_id" is missing/],
  ];
  it.each(broken)('rejects %s', (_, spoil, message) => {
    const json = read('tiny_tied');
    spoil(json);
    expect(() => parsePolicy(json, undefined, 'x')).toThrow(CheckpointError);
    expect(() => parsePolicy(json, undefined, 'x')).toThrow(message);
  });

  it('rejects what is no object', () => {
    expect(() => parsePolicy([], undefined, 'x')).toThrow(
      /x\/config\.json: the file must hold a JSON object/,
    );
  });
});

describe('newConfig', () => {
  it('makes the config that the same settings would be read from', () => {
    const golden = readConfig(read('tiny_tied'), read('tiny_tied', 'generation_config.json'), 'x');
    const made = newConfig(golden);
    expect({ ...made, raw: undefined }).toEqual({ ...golden, raw: undefined });
    expect(parameterSpecs(made)).toEqual(parameterSpecs(golden));
  });
});
