/**
 * The library: all that `import { … } from 'papo'` can name. What is not listed here is the house's own and may change.
 * Axes are named by their letters, from the outermost in: `rewards_PG` is [prompts, rollouts of each].
 */

export type { Row } from './data/row.ts';
export type { RowSource, Rows } from './data/rows.ts';
export {
  type LiveArrays,
  type LossAndGradient,
  type LossGroup,
  type LossRollout,
  lossAndGradient,
  type PapoLoss,
  papoLoss,
  type ResponseArrays,
} from './engine/loss.ts';
export type {
  AdamW,
  Engine,
  Group,
  Prompt,
  Rollout,
  SampleOptions,
  ScoreOptions,
  SelfCheck,
  StepReport,
  TrainGroup,
} from './engine/types.ts';
// What goes wrong and can be mended: one line that says what, where and what to do.
export {
  CheckpointError,
  ConfigError,
  DataError,
  GraphError,
  ImageError,
  PapoError,
  RunError,
  SelfCheckError,
  UserFunctionError,
} from './errors.ts';
// Evaluate, and read what was left.
export {
  type AnswerLine,
  type AskedQuestion,
  type Evaluation as EvaluationFiles,
  readEvaluation,
} from './evaluate/files.ts';
export type { Estimate, Metrics } from './evaluate/metrics.ts';
export { type EvaluationOptions, evaluate } from './evaluate/run/library.ts';
export type { Summary } from './evaluate/summary.ts';
// Pictures and their corrupted views.
export { type MaskConfig, maskFromConfig as openMask } from './mask/config.ts';
export type { MaskContext } from './mask/kind.ts';
export type { Mask } from './mask/types.ts';
export type { ObjectiveConfig, ObjectiveInput } from './objective/config.ts';
export type { Now } from './objective/papo.ts';
export type { ScoredGroup, ScoredRollout } from './objective/rollouts.ts';
export { gammaAt, nextBeta } from './objective/schedule.ts';
export type { ArrayName, Inputs, LogpName, Objective, TokenArrays, WeightName } from './objective/types.ts';
// The objective.
export { type Fed, type MiniBatch, type Scoring, type Update, updateOf } from './objective/update.ts';
export { type Random, random } from './random.ts';
// Rewards.
export { extractBoxed } from './reward/mathruler/boxed.ts';
export { gradeAnswer } from './reward/mathruler/grade.ts';
export { openReward } from './reward/open.ts';
export type { Reward, RewardFunction, RewardInput } from './reward/reward.ts';
export type { RewardConfig } from './reward/settings.ts';
export { openRunData, type RunData, shuffled } from './rollout/data.ts';
// A policy: ask it, and drive its engine from a loop of your own.
export { type Answer, type LoadedPolicy, loadPolicy, type Question } from './rollout/load-policy.ts';
export type { RowStream } from './rollout/stream.ts';
export type { Accuracy, Evaluation } from './rollout/validate.ts';
export type { RunConfig } from './settings/config.ts';
// Train with settings.
export { type RunSettings, runConfig, type SettingsSource } from './settings/run-config.ts';
export * as t from './tensor/ops.ts';
export { type TrainOptions, type TrainResult, train } from './train/train.ts';
export { decodeImage } from './vision/decode.ts';
export { encodePng } from './vision/encode.ts';
export type { RgbImage } from './vision/image.ts';
export type { PreparedImage, ProcessorConfig } from './vision/processor.ts';
