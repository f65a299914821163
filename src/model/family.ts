/**
 * What a family of policies must offer. A family is one folder that exports a `Family`, and one line in families.ts;
 * everything outside reaches it through these interfaces and never asks which family it has.
 *
 * What holds for every family lives beside this file: how rows are laid out and attention reads them (decoder.ts),
 * generation (generate.ts), M-RoPE positions (positions.ts), attention within segments (segments.ts), batches (batch.ts),
 * files (checkpoint.ts, weight-reader.ts).
 */
import type { JsonObject } from '../json.ts';
import type { Tensor } from '../tensor/graph.ts';
import type { Feeds } from '../tensor/session.ts';
import type { DecoderForm, DecoderRows, LayerCall, TextLayout } from './decoder.ts';
import type { ParameterSpec } from './parameters.ts';
import type { GridThw, RopePositions } from './positions.ts';
import type { SegmentShape } from './segments.ts';
import type { Weights } from './weights.ts';

export interface TokenIds {
  image: number;
  video: number;
  visionStart: number;
  visionEnd: number;
  /** Every token that ends an answer, the usual one first. */
  eos: number[];
  pad: number;
}

/** How a picture is cut into patches; the image processor must do the same. */
export interface PatchForm {
  /** Pixels along one side of a patch. */
  patchSize: number;
  /** Patches along one side of the square that becomes one token. */
  mergeSize: number;
  /** Frames in one patch; a still image is repeated this often. */
  temporalPatchSize: number;
  inChannels: number;
}

/** A picture as the vision tower takes it. */
export interface Patches {
  gridThw: GridThw;
  /** [patches, channels·frames·patch²] */
  pixelValues_NC: Float32Array;
}

/** What of the pictures decides a program. */
export interface VisionLayout {
  /** Patches of all images, N, a multiple of mergeSize². */
  patches: number;
  /** The kinds of attention of the tower, by the names of their fed inputs. */
  attention: Record<string, SegmentShape>;
}

export interface VisionBatch {
  layout: VisionLayout;
  /** Everything that the tower is fed but the pixels, which depend on the view. */
  feeds: Feeds;
  /** The tower's row of every merged token in reading order. */
  place_U: Int32Array;
  /** For each of the tower's rows the patch that it shows, −1 for none; null where these are the patches in order. */
  order: Int32Array | null;
}

/** Which of a family's ways to name parameters the files of a checkpoint use. */
export type NameLayout = string;

/** Parameter names on disk and here. */
export interface ParameterNames {
  /** The layout of a checkpoint whose files tell no other. */
  usual: NameLayout;
  /** The layout that a stored name belongs to, where it gives it away. */
  layoutOf(stored: string): NameLayout | undefined;
  /** The parameter that a tensor of the file is, in any layout. */
  toOwn(stored: string): string;
  toStored(own: string, layout: NameLayout): string;
  /** Tensors that may be in a file and are no parameters. */
  isIgnored(own: string): boolean;
}

/** One policy as its config.json describes it. Its values are held elsewhere, by the names of `parameters`. */
export interface Policy {
  readonly family: Family;
  /** The files as they were read, unknown keys included: a checkpoint is written back in the form it came in. */
  readonly raw: { config: JsonObject; generation: JsonObject | undefined };
  readonly tokens: TokenIds;
  readonly patches: PatchForm;
  readonly decoder: DecoderForm;
  /** All parameters, in the order of the forward pass. */
  readonly parameters: readonly ParameterSpec[];
  readonly names: ParameterNames;

  /**
   * Positions of a prompt on three axes; an answer counts on from its last token, which is text.
   * @param ids_L token ids, every image expanded to its pad tokens
   * @param grids one per image, in order of appearance
   * @throws DataError where pad tokens and grids do not fit
   */
  positions(ids_L: ArrayLike<number>, grids: readonly GridThw[]): RopePositions;
  /** All index work of the vision tower for the pictures of one batch. */
  pictures(pictures: readonly Patches[]): VisionBatch;

  /**
   * The decoder over all rows of a batch, the pictures' tokens in their places. Its layers are `layer`, and what a family
   * adds between them.
   * @param view which pictures are fed (`<view>.pixels`)
   * @param taps receives each layer's output rows, for tests
   */
  rows(w: Weights, l: Layout, view: string, taps?: Tensor[]): PolicyRows;
  /** One layer of the decoder, for training and generation alike. @returns the rows that go on, [rows, d] */
  layer(w: Weights, i: number, x: Tensor, call: LayerCall): Tensor;
  /** What follows the last layer: the rows that the head reads, [rows, d]. */
  finish(w: Weights, x: Tensor): Tensor;
  /** The output head [vocabSize, d]; the embedding itself where the two are tied. */
  head(w: Weights): Tensor;

  /** Standard deviation of a matrix (or table) of a policy that starts from nothing. @param inputs values that one output reads */
  deviation(name: string, inputs: number): number;
}

/** The shapes of one batch; equal layouts share a compiled program. */
export interface Layout extends TextLayout {
  vision: VisionLayout | null;
}

export interface PolicyRows extends DecoderRows {
  /** Merged embeddings of the pictures, in the tower's order. */
  imageEmbeds: Tensor | null;
}

/** What distinguishes one new policy from another; everything else has one value in a family. */
export interface NewPolicy {
  text: {
    hiddenSize: number;
    layers: number;
    heads: number;
    kvHeads: number;
    intermediateSize: number;
    vocabSize: number;
    tieWordEmbeddings: boolean;
    ropeTheta?: number;
    maxPositions?: number;
  };
  vision: { depth: number; hiddenSize: number; heads: number; intermediateSize: number };
  /** As the tokenizer has them; the first `eos` ends a turn. */
  tokens: TokenIds;
}

export interface Family {
  /** `model_type` in config.json. */
  modelType: string;
  /** As people call it. */
  title: string;
  /** A model of the family on the hub, for messages. */
  example: string;
  /** Parts of its models that are saved alone, by their `model_type`, as in "that is …". */
  parts: Record<string, string>;
  /**
   * A policy from the parsed contents of config.json and, where there is one, generation_config.json.
   * @param dir the folder, for messages
   * @throws CheckpointError on a missing key, sizes that do not fit each other, a setting that is not carried out here
   */
  read(config: unknown, generation: unknown, dir: string): Policy;
  /** A policy that is made from nothing. */
  create(wanted: NewPolicy): Policy;
  /** The settings of its image processor (preprocessor_config.json) for a policy that is made from nothing. */
  preprocessor(pixels: { min: number; max: number }): JsonObject;
}
