/** docs/metrics.md: every key of metrics.jsonl, from the words that stand beside the code. */
import type { Metric, Metrics } from '../metric.ts';
import { objectiveMetrics } from '../objective/metrics.ts';
import { evaluationMetrics, testMetrics } from './evaluation.ts';
import { stepMetrics } from './step.ts';

const INTRO = `# Metrics

Every key of \`metrics.jsonl\`, with its unit, its meaning, and what it looks like in a run that goes well. Made from the words
that stand beside the code; a test keeps it in step with what runs write. The other files of a run: [files.md](files.md).

Every line has \`kind\` (\`step\`, \`validation\` or \`test\`) and \`step\`, the steps that are done by then: 0 before the first. A
name in <> stands for one that the settings give; \`seconds.data\` is the key \`data\` of the object \`seconds\`. A number that is
not finite is \`null\`. TensorBoard shows the same numbers as \`train/…\`, \`validation/…\` and \`test/…\`.

What is said of a step is over all responses that it drew (rewards, responses), or over those that it trained on (objective).
Scores are means over responses; values of the objective are means over tokens, unless \`objective.average\` says otherwise, and
over the mini-batches of the step.

## What to watch

1. \`accuracy\` of the validation, and \`accuracy\` and \`reward\` of the steps: they should rise, in means of ten steps or more.
2. \`entropy\`: in the default run it falls from .65 to .11 while accuracy rises from 31 to 49 %. With a larger learning rate
   (2e-4) it fell from .56 to .20 in 30 steps, and accuracy stayed behind ([log.md](log.md)).
3. \`kl_prcp\`: in the same run its means over ten steps stay between .29 and .36 (single steps: .20 to .50).
4. \`groups_all_right\`, \`groups_all_wrong\`, \`without_signal\`: how much of a batch teaches anything.

**When KL_prcp is hacked.** The policy can make KL_prcp large without looking better at the picture, the more so with γ above
.02, a large mask ratio, large models, and without KL_ref. The paper (arXiv 2507.06448; 7B, γ .02, no regulariser) shows four
early signs in one run, from step 125 to 150 on: −\`kl_prcp\` falls from −.03 to −.9, the training reward collapses,
\`clip_ratio_high\` keeps growing (.0006 → .007), and both entropies rise (\`entropy\` .20 → .41, \`entropy_masked\` .4 → 1.3).
Its cure is the Double Entropy Loss (η1 = η2 = .03 to .05), and γ .01 where there is no KL_ref. With the tiny policy of this
repository, made to trust words more than pictures, there are two kinds of it (one run each): with γ .1 and the masked gradient
off, \`entropy\` ran out (.07) and accuracy fell from .32 to .20 within steps 55 to 80; with γ .05 and the masked gradient on,
\`kl_prcp\` stood at its limit (9.2 of 10) from step 35 while accuracy lagged behind.
`;

const cell = (text: string) => text.replaceAll('|', '\\|');

const row = (key: string, { unit, meaning, healthy, only }: Metric, of?: string) =>
  `| \`${key}\` |${of === undefined ? '' : ` ${of} |`} ${unit} | ${cell(meaning)}${only ? `. Only ${only}` : ''} | ${cell(healthy)} |\n`;

const table = (metrics: Metrics) =>
  `| key | unit | meaning | healthy |\n|---|---|---|---|\n${Object.entries(metrics)
    .map(([key, metric]) => row(key, metric))
    .join('')}`;

/** One row for each key, and for each meaning of it. */
function surrogateTable(): string {
  const rows = new Map<string, { key: string; metric: Metric; kinds: string[] }>();
  for (const { kind, metrics } of objectiveMetrics.surrogates)
    for (const [key, metric] of Object.entries(metrics)) {
      const id = `${key} ${metric.meaning}`;
      const found = rows.get(id) ?? { key, metric, kinds: [] };
      found.kinds.push(kind);
      rows.set(id, found);
    }
  const lines = [...rows.values()].map(({ key, metric, kinds }) => row(key, metric, kinds.join(', ')));
  return `| key | surrogate | unit | meaning | healthy |\n|---|---|---|---|---|\n${lines.join('')}`;
}

const { Rewards, ...others } = stepMetrics;

export const metricsMarkdown = (): string =>
  [
    INTRO,
    '## kind step\n',
    `### Rewards\n\n${table(Rewards)}`,
    `### The objective\n\nTerms that have coefficient 0 are measured where all that they need is at hand, and left out elsewhere. Where the policy was
not updated only \`entropy\`, \`entropy_masked\` and \`kl_prcp\` are there. Each term beside its symbol:
[objective.md](objective.md).\n\n${table(objectiveMetrics.equation)}`,
    `### Of the surrogate\n\n${surrogateTable()}`,
    `### Of further terms\n\n${table(objectiveMetrics.further)}`,
    ...Object.entries(others).map(([title, metrics]) => `### ${title}\n\n${table(metrics)}`),
    `## kind validation\n\n${table(evaluationMetrics)}`,
    `## kind test\n\nAsked before the first step and after the last, at temperature 1.\n\n${table(testMetrics)}`,
  ].join('\n');

/** All that is described, by kind of line. */
export const described: Readonly<Record<'step' | 'validation' | 'test', Metrics>> = {
  step: Object.assign(
    {},
    objectiveMetrics.equation,
    ...objectiveMetrics.surrogates.map(({ metrics }) => metrics),
    objectiveMetrics.further,
    ...Object.values(stepMetrics),
  ),
  validation: evaluationMetrics,
  test: testMetrics,
};
