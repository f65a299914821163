/** A program of somebody else that names the whole library: its types are checked in a project that has the packed tool. */
import {
  ConfigError,
  decodeImage,
  type Engine,
  encodePng,
  extractBoxed,
  gradeAnswer,
  loadPolicy,
  lossAndGradient,
  type Mask,
  type Objective,
  openMask,
  openReward,
  openRunData,
  papoLoss,
  type Reward,
  type RewardFunction,
  type RewardInput,
  type Rollout,
  type Row,
  type RunConfig,
  type RunSettings,
  random,
  runConfig,
  type ScoredGroup,
  shuffled,
  t,
  train,
  updateOf,
} from 'papo';

const settings: RunSettings = {
  preset: 'papo-g',
  objective: { gamma: 0.01, advantage: 'rloo' },
  mask: { kind: 'blank' },
};
export const config: RunConfig = runConfig(settings, 'run.yaml', { seed: 2 });
// @ts-expect-error: no such preset
export const wrongPreset: RunSettings = { preset: 'nope' };
// @ts-expect-error: no such setting
export const wrongKey: RunSettings = { objective: { gama: 1 } };

export const right: RewardFunction = ({ response, answer }: RewardInput): Reward => {
  const accuracy = gradeAnswer(extractBoxed(response), answer) ? 1 : 0;
  return { overall: accuracy, accuracy, format: 1 };
};
export const dark: Mask = {
  name: 'dark',
  apply: (image) => ({ ...image, data: image.data.map((value) => value >> 1) }),
};
export const reinforce: Objective = {
  gradientViews: [],
  arrays: ['advantage'],
  coefficients: {},
  build({ logp, advantage, weight }) {
    const loss = t.neg(t.sum(t.mul(t.mul(advantage, logp), weight)));
    return { loss, terms: { loss } };
  },
};
export async function answers(row: Row): Promise<string[]> {
  const { engine, ...policy } = await loadPolicy(settings);
  const used: Engine = engine;
  const [first]: Rollout[][] = await used.sample([await policy.prompt(row, { masked: dark }, [1])], {
    samples: 2,
    maxTokens: 8,
    temperature: 1,
    topP: 1,
    seed: 'a',
  });
  return first.map(({ tokens_T }) => policy.text(tokens_T));
}
export async function all(groups: ScoredGroup[]): Promise<number> {
  const { loss, gradients_PG } = await papoLoss(groups, { gamma: 0.02 });
  const { objective, miniBatches } = updateOf(config.objective).feed(groups, 2);
  const arrays = miniBatches
    .flatMap((b) => b.arrays_PG.flat())
    .map((a) => ({ ...a, logp: new Float32Array(3) }));
  const { gradients_D } = await lossAndGradient(objective, arrays);
  const rows = shuffled((await openRunData(config)).train, 1);
  const masked = await (await openMask({ kind: 'random' })).apply(
    await decodeImage((await rows.at(0)).images[0]),
    random(1),
  );
  const { after } = await train(config, { say: (line: string) => line });
  const { accuracy } = await (await openReward()).call(undefined, { response: '', answer: '' });
  return (
    loss +
    gradients_PG[0][0].logp[0] +
    gradients_D[0].logp[0] +
    (await encodePng(masked)).length +
    (after?.rows ?? 0) +
    accuracy
  );
}
export const isOurs = (error: unknown): boolean => error instanceof ConfigError;
