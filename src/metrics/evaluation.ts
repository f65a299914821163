/** What a line of metrics.jsonl says of questions that are not trained on. */
import type { Metrics } from '../metric.ts';

export const evaluationMetrics = {
  accuracy: {
    unit: 'share',
    meaning: 'mean accuracy over the responses to a question, then over questions (avg@k)',
    healthy: 'rises; changes of less than about 1/√`rows` can be chance (test lines have intervals)',
  },
  'kinds.<kind>': {
    unit: 'share',
    meaning: 'the same for one kind of question: the built-in task, or the `category` of the row',
    healthy: 'rises for most kinds; one that falls while others rise is being forgotten',
    only: 'where questions have kinds',
  },
  rows: { unit: 'count', meaning: 'questions that were asked', healthy: 'the same over the whole run' },
  samples: { unit: 'count', meaning: 'responses to each', healthy: 'as set' },
  skipped_rows: { unit: 'count', meaning: 'rows that could not be used', healthy: '0' },
} satisfies Metrics;

const WITH_VIEW = 'where `test.views` asks for it and rows have a picture';
const BUILTIN = 'where rows are of the built-in tasks';
const CAUSES =
  '`right`; `perception`, `calculation`, `reasoning`: the first false statement is about the picture, is arithmetic, or is neither; `inconsistency`: the box or the conclusion holds another value than the steps; `unreadable`';
const BOTH = 'in the line after the last step, where the questions were asked before the first as well';

/** The interval of every measure, by its key: `low.accuracy`, `change.kinds.count`. */
const intervals = {
  'low.<measure>': {
    unit: 'that of the measure',
    meaning:
      'lower end of the 95 % interval of each measure, over questions, which count as independent of each other. Of shares: Wilson’s score interval, of as many questions answered right or wrong as would vary as much; of `kl_prcp`: Student’s t, null for a single question',
    healthy: 'close to the measure; a few questions give wide intervals',
  },
  'high.<measure>': {
    unit: 'that of the measure',
    meaning: 'upper end of it',
    healthy: 'the same',
  },
  'change.<measure>': {
    unit: 'that of the measure',
    meaning:
      'the measure less what it was before the first step: the mean over the questions that have it in both of their own differences',
    healthy: 'a gain or a loss only where its interval does not hold 0',
    only: BOTH,
  },
  'change_low.<measure>': {
    unit: 'that of the measure',
    meaning:
      'lower end of the 95 % interval of that difference, paired by question: Student’s t; Agresti and Min’s for shares of which fewer than 30 questions changed',
    healthy: 'above 0 for a gain',
    only: BOTH,
  },
  'change_high.<measure>': {
    unit: 'that of the measure',
    meaning: 'upper end of it',
    healthy: 'below 0 for a loss',
    only: BOTH,
  },
  change_rows: {
    unit: 'count',
    meaning: 'questions that were asked before the first step and now',
    healthy: '`rows`, unless `test.rows` was changed in between',
    only: BOTH,
  },
} satisfies Metrics;

export const testMetrics = {
  ...evaluationMetrics,
  greedy: {
    unit: 'share',
    meaning: 'accuracy of the most likely response (temperature 0)',
    healthy:
      'rises too where something new is learnt; where it stays while `accuracy` rises, the policy learnt to do more often what it could do before',
  },
  'accuracy_<view>': {
    unit: 'share',
    meaning:
      '`accuracy` while the policy sees `masked` (the mask of the run as it is in the last step, the same picture before and after) or `blank` (a black picture of the same size); over questions with a picture',
    healthy:
      'below `accuracy`: what it falls short by is what the picture is worth. Where both rise together, the policy learnt to guess',
    only: WITH_VIEW,
  },
  'greedy_<view>': {
    unit: 'share',
    meaning: 'the same of the most likely response',
    healthy: 'as `accuracy_<view>`',
    only: WITH_VIEW,
  },
  view_rows: {
    unit: 'count',
    meaning:
      'questions that were asked under such views and that `kl_prcp` is over: those with a picture among the first of the file',
    healthy: '`test.viewRows`',
    only: WITH_VIEW,
  },
  view_samples: {
    unit: 'count',
    meaning: 'responses to each question under each such view',
    healthy: 'as set',
    only: 'where `test.views` asks for views',
  },
  kl_prcp: {
    unit: 'nats a token',
    meaning:
      'k3 of the KL from the policy to itself under the masked picture, on up to 4 responses drawn with the picture: mean over the tokens of a question, then over questions with a picture',
    healthy: 'above 0; it grows where the policy looks more',
    only: 'where `test.views` has `masked` and rows have a picture',
  },
  'kinds_greedy.<kind>': {
    unit: 'share',
    meaning: '`greedy` for one kind of question',
    healthy: 'rises for most kinds',
    only: 'where questions have kinds',
  },
  'kinds_rows.<kind>': {
    unit: 'count',
    meaning: 'questions of that kind',
    healthy: 'some dozens: fewer say little',
    only: 'where questions have kinds',
  },
  'dependency.<level>': {
    unit: 'share',
    meaning:
      '`accuracy` on questions of which only the picture tells all (`high`), part (`medium`) or nothing (`low`)',
    healthy: 'rises; at `high` most where the policy learns to look',
    only: BUILTIN,
  },
  'dependency_greedy.<level>': {
    unit: 'share',
    meaning: '`greedy` on them',
    healthy: 'rises',
    only: BUILTIN,
  },
  'dependency_rows.<level>': {
    unit: 'count',
    meaning: 'such questions',
    healthy: 'as the data have it',
    only: BUILTIN,
  },
  'causes.<cause>': {
    unit: 'share',
    meaning: `of all responses drawn with the picture, those that a program traced to: ${CAUSES}. The share of the wrong ones is that over 1 − \`causes.right\``,
    healthy: '`perception` falls where the policy learns to look',
    only: BUILTIN,
  },
  'causes_greedy.<cause>': {
    unit: 'share',
    meaning: 'the same of the most likely responses',
    healthy: 'the same',
    only: BUILTIN,
  },
  ...intervals,
} satisfies Metrics;
