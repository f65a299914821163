/** A policy folder small enough to be read a thousand times. */
import { readFileSync } from 'node:fs';
import { writeCheckpoint } from '../model/checkpoint.ts';
import { families } from '../model/families.ts';
import { initialParameters } from '../model/init.ts';
import { random } from '../random.ts';
import { loadTokenizer } from '../text/load.ts';

const GOLDEN = 'test/golden/qwen2_5_vl/tiny_tied';
const COMPANIONS = [
  'tokenizer.json',
  'tokenizer_config.json',
  'preprocessor_config.json',
  'chat_template.json',
];

/** Writes the folder: one layer, width 8, with the tokenizer and templates of the golden policy. */
export function writeTinyPolicy(dir: string, options: { shardBytes?: number } = {}): void {
  const { special } = loadTokenizer(GOLDEN);
  const policy = families[0].create({
    text: {
      hiddenSize: 8,
      layers: 1,
      heads: 1,
      kvHeads: 1,
      intermediateSize: 8,
      vocabSize: 352,
      tieWordEmbeddings: true,
    },
    vision: { depth: 1, hiddenSize: 4, heads: 1, intermediateSize: 4 },
    tokens: {
      image: special.imagePad,
      video: special.videoPad!,
      visionStart: special.visionStart,
      visionEnd: special.visionEnd,
      eos: [special.imEnd],
      pad: special.pad,
    },
  });
  writeCheckpoint(
    dir,
    {
      policy,
      parameters: initialParameters(policy, random('tiny policy')),
      layout: policy.names.usual,
      extraFiles: new Map(COMPANIONS.map((name) => [name, readFileSync(`${GOLDEN}/${name}`)])),
    },
    options,
  );
}
