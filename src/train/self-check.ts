/** Before the policy is moved for the first time: do the engine's numbers agree with each other? */
import type { Engine, SelfCheck, TrainGroup } from '../engine/types.ts';
import { SelfCheckError } from '../errors.ts';
import type { GradedGroup } from '../rollout/rollout.ts';

/** Questions, responses to each and tokens of each that are looked at: enough for every operator, done in a moment. */
const [QUESTIONS, RESPONSES, TOKENS] = [2, 4, 48];

/**
 * What float32 leaves between two ways to the same number, with room for a GPU's shorter sums: log-probabilities (nats),
 * two evaluations of one gradient (relative), and the gradient against the slope of the loss (relative).
 */
const ROUNDING = { logprob: 5e-3, repeat: 1e-4, slope: 0.01 };

/**
 * Holds the sampler's log-probabilities against those of the training graph, and a small gradient against a second
 * evaluation and against the loss. Draws nothing and moves nothing.
 * @throws SelfCheckError where they differ by more than rounding
 */
export async function selfCheck(
  engine: Engine,
  graded: readonly GradedGroup[],
  temperature: number,
): Promise<void> {
  if (!engine.verify) return;
  const some = graded
    .map((group) => ({ group, drawn: group.rollouts_G.filter((_, g) => group.views_G[g] === 'original') }))
    .filter(({ drawn }) => drawn.length > 0)
    .slice(0, QUESTIONS)
    .map(({ group, drawn }) => ({ prompt: group.prompt, rollouts: drawn.slice(0, RESPONSES) }));
  if (some.length === 0) return;
  const count = some.reduce((n, { rollouts }) => n + rollouts.length, 0);
  const groups: TrainGroup[] = some.map(({ prompt, rollouts }) => ({
    prompt,
    responses_G: rollouts.map(({ tokens_T }) => tokens_T.subarray(0, TOKENS)),
    arrays_G: rollouts.map(({ tokens_T }, g) => {
      const length = Math.min(TOKENS, tokens_T.length);
      return {
        weight: new Float32Array(length).fill(1 / (count * length)),
        advantage: new Float32Array(length).fill(g % 2 === 0 ? 1 : -0.5),
      };
    }),
  }));
  const found = await engine.verify(groups, { temperature });
  const sampled = some.map(({ rollouts }) => rollouts.map((r) => r.logprobs_T));
  judge(found, furthest(found.logprobs, sampled));
}

/** The largest difference; NaN where either side is NaN. */
function furthest(trained: Float32Array[][], sampled: Float32Array[][]): number {
  const apart = trained.flatMap((group, p) =>
    group.map((logp, g) => logp.map((v, t) => Math.abs(v - sampled[p][g][t]))),
  );
  // Math.max passes a NaN on.
  return apart.reduce((most, a) => Math.max(most, ...a), 0);
}

function judge({ repeat, slope }: SelfCheck, logprob: number): void {
  const advice =
    'this machine computes wrongly; try engine.provider=cpu and engine.threads=1, and report it with the line that names your engine';
  if (!(logprob <= ROUNDING.logprob))
    throw new SelfCheckError(
      `self-check: the sampler's log-probabilities are up to ${logprob.toPrecision(3)} nats from those of the training graph; ${advice}`,
    );
  if (!(repeat <= ROUNDING.repeat))
    throw new SelfCheckError(
      `self-check: a second evaluation of the same gradient differs by ${percent(repeat)}; ${advice}`,
    );
  if (!(slope <= ROUNDING.slope))
    throw new SelfCheckError(
      `self-check: the gradient is ${percent(slope)} from the slope of the loss along it; ${advice}`,
    );
}

const percent = (share: number) => `${(100 * share).toPrecision(3)} %`;
