/**
 * Answers to questions that are not trained on: avg@k at the given temperature and, where asked for, greedy, with the
 * picture and under other views of it.
 */
import { CAUSES, trace } from '../data/builtin/trace.ts';
import type { Row } from '../data/row.ts';
import type { Rows } from '../data/source.ts';
import type { SampleOptions } from '../engine/types.ts';
import { DataError, PapoError } from '../errors.ts';
import type { Mask } from '../mask/types.ts';
import type { Answers, QuestionAnswers } from '../metrics/answers.ts';
import { groupsOf } from '../metrics/measures.ts';
import { visualDependency } from '../objective/dependency.ts';
import { logpOf } from '../objective/types.ts';
import type { MadePrompt } from './prompts.ts';
import { type GradedGroup, groupAccuracy, mean, type RolloutContext, rollOut } from './rollout.ts';

/** Shares of right answers, 0 to 1. */
export interface Accuracy {
  /** Mean over the samples of a question, then over questions. */
  sampled: number;
  /** Of the most likely response; null where it was not asked for. */
  greedy: number | null;
}

/** What questions that are not trained on were answered with. */
export interface Evaluation extends Answers {
  /** With the picture. */
  all: Accuracy;
  /** The same by kind of question. */
  kinds: Record<string, Accuracy>;
  rows: number;
}

/** Other views of the pictures under which the same questions are asked. */
export interface FurtherViews {
  /** How each is made; KL_prcp is measured where `masked` is among them. */
  masks: Readonly<Record<string, Mask>>;
  /** Questions that are asked under them, the first of the file. */
  rows: number;
  /** Responses to each of these under each view. */
  samples: number;
  /** Names the random streams of the masks, with the row's id behind it: equal keys give equal pictures. */
  key: readonly (string | number)[];
}

export interface EvaluateOptions {
  samples: number;
  greedy: boolean;
  /** Responses that one engine call draws at most. */
  batch: number;
  sampling: Pick<SampleOptions, 'maxTokens' | 'temperature' | 'topP'>;
  seed: string;
  /** None unless given. */
  further?: FurtherViews;
  /** Called between engine calls; throws to stop. */
  check?: () => void;
}

/** The kind of a question: the built-in task, or the file's `category` column. */
export const kindOf = (row: Row): string | undefined =>
  row.meta?.task ?? (typeof row.extra?.category === 'string' ? row.extra.category : undefined);

const NO_VIEWS: FurtherViews = { masks: {}, rows: 0, samples: 0, key: [] };

/** Responses with the picture that KL_prcp of a question is taken over, at most: scoring them costs little. */
const SCORED = 4;

/** A row of the file, ready to be asked. */
type Placed = MadePrompt & { at: number };

/** @throws DataError where no row can be used */
export async function evaluate(
  context: RolloutContext,
  rows: Rows,
  options: EvaluateOptions,
): Promise<Answers> {
  const { samples, batch, further = NO_VIEWS } = options;
  const chunk = Math.max(1, Math.floor(batch / samples));
  const questions: QuestionAnswers[] = [];
  let problem = '';
  for (let start = 0; start < rows.length; start += chunk) {
    const placed: Placed[] = [];
    for (let at = start; at < Math.min(start + chunk, rows.length); at++)
      try {
        const row = await rows.row(at);
        const masks = at < further.rows ? further.masks : {};
        placed.push({ ...(await context.maker.make(row, masks, [...further.key, row.id])), at });
      } catch (error) {
        if (!(error instanceof PapoError)) throw error;
        problem = error.message;
      }
    if (placed.length > 0) questions.push(...(await ask(context, placed, start, options)));
  }
  if (questions.length === 0)
    throw new DataError(`none of ${rows.length} evaluation rows can be used; the last: ${problem}`);
  return { questions, samples, viewSamples: further.samples, skipped: rows.length - questions.length };
}

/** Asks some questions in every way that is wanted. A question without a picture has no other view of it. */
async function ask(
  context: RolloutContext,
  placed: readonly Placed[],
  start: number,
  { samples, greedy, sampling, seed, further = NO_VIEWS, check }: EvaluateOptions,
): Promise<QuestionAnswers[]> {
  const draw = (prompts: readonly MadePrompt[], view: string, count: number, how: typeof sampling) => {
    check?.();
    return rollOut(context, prompts, { ...how, seed: `${seed}/${start}` }, [{ view, samples: count }]);
  };
  const mostLikely = { ...sampling, temperature: 0, topP: 1 };
  const drawn = await draw(placed, 'original', samples, sampling);
  const best = greedy ? await draw(placed, 'original', 1, mostLikely) : [];
  const answers = placed.map((made, p) => answersOf(made, drawn[p], best[p]));
  const seeing = placed.flatMap(({ prompt, at }, p) =>
    at < further.rows && prompt.views.original.length > 0 ? [p] : [],
  );
  const prompts = seeing.map((p) => placed[p]);
  if (prompts.length === 0) return answers;
  for (const view of Object.keys(further.masks)) {
    const [some, one] = [
      await draw(prompts, view, further.samples, sampling),
      greedy ? await draw(prompts, view, 1, mostLikely) : [],
    ];
    seeing.forEach((p, i) => {
      answers[p].sampled[view] = groupAccuracy(some[i]);
      if (greedy) answers[p].greedy[view] = groupAccuracy(one[i]);
    });
  }
  if ('masked' in further.masks) {
    check?.();
    const klPrcp = await klPrcpOf(
      context,
      seeing.map((p) => drawn[p]),
      sampling.temperature,
    );
    seeing.forEach((p, i) => {
      answers[p].klPrcp = klPrcp[i];
    });
  }
  return answers;
}

function answersOf({ at, row }: Placed, drawn: GradedGroup, best: GradedGroup | undefined): QuestionAnswers {
  const kind = kindOf(row);
  const { meta } = row;
  const causeOf = (response: string) => meta && trace(response, meta).cause;
  const causes = meta && drawn.text_G.map(causeOf);
  const shares = CAUSES.map((cause) => [cause, mean((causes ?? []).map((c) => Number(c === cause)))]);
  const response = best?.text_G[0];
  const greedyCause = response === undefined ? undefined : causeOf(response);
  return {
    at,
    id: row.id,
    ...(kind !== undefined && { kind }),
    ...(meta && { dependency: meta.dependency, causes: Object.fromEntries(shares) }),
    ...(greedyCause !== undefined && { greedyCause }),
    sampled: { original: groupAccuracy(drawn) },
    greedy: best ? { original: groupAccuracy(best) } : {},
    ...(response !== undefined && { response }),
  };
}

/** KL_prcp of each question: the mean over the tokens of its first responses, as the sampler and the masked view have them. */
async function klPrcpOf(
  { engine }: RolloutContext,
  groups: readonly GradedGroup[],
  temperature: number,
): Promise<number[]> {
  const some = groups.map(({ prompt, rollouts_G }) => ({ prompt, rollouts_G: rollouts_G.slice(0, SCORED) }));
  const masked_PG = await engine.score(
    some.map(({ prompt, rollouts_G }) => ({ prompt, responses_G: rollouts_G.map((r) => r.tokens_T) })),
    { policy: 'current', view: 'masked', temperature },
  );
  return some.map(({ rollouts_G }, p) =>
    mean(
      rollouts_G.flatMap(({ tokens_T, logprobs_T }, g) => {
        const logprobs = { [logpOf('old')]: logprobs_T, [logpOf('masked')]: masked_PG[p][g] };
        return [...visualDependency({ length: tokens_T.length, reward: 0, accuracy: 0, logprobs })];
      }),
    ),
  );
}

/** The answers with their means. */
export function evaluationOf(answers: Answers): Evaluation {
  const accuracy = (questions: readonly QuestionAnswers[]): Accuracy => {
    const greedy = questions.flatMap((q) => q.greedy.original ?? []);
    return {
      sampled: mean(questions.map((q) => q.sampled.original)),
      greedy: greedy.length > 0 ? mean(greedy) : null,
    };
  };
  const { questions } = answers;
  const kinds = groupsOf(answers).kinds.map((kind) => [
    kind,
    accuracy(questions.filter((q) => q.kind === kind)),
  ]);
  return {
    ...answers,
    all: accuracy(questions),
    kinds: Object.fromEntries(kinds),
    rows: questions.length,
  };
}
