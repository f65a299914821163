/** What a line of metrics.jsonl says of questions that are not trained on. */
import type { Metrics } from '../metric.ts';

export const evaluationMetrics = {
  accuracy: {
    unit: 'share',
    meaning: 'mean accuracy over the responses to a question, then over questions (avg@k)',
    healthy: 'rises; changes of less than about 1/√`rows` can be chance',
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

export const testMetrics = {
  ...evaluationMetrics,
  greedy: {
    unit: 'share',
    meaning: 'accuracy of the most likely response (temperature 0)',
    healthy:
      'rises too where something new is learnt; where it stays while `accuracy` rises, the policy learnt to do more often what it could do before',
    only: 'where it is asked for, as the tests of a run do',
  },
} satisfies Metrics;
