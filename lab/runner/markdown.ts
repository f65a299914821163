/** A report in Markdown. */
import { HALF, MISREAD, TRAIN_ACCURACY, TRAIN_ENTROPY, TRAIN_KL } from './measures.ts';
import type { ArmReport, Difference, OverSeeds, Report } from './report.ts';
import { STEPS_TO_HALF, WINDOW } from './series.ts';

/** What a reader looks at first, in words; every other measure is called by its key. */
const WORDS: Readonly<Record<string, string>> = {
  accuracy: 'accuracy, temperature 1',
  greedy: 'accuracy, greedy',
  accuracy_masked: 'accuracy masked, temperature 1',
  greedy_masked: 'accuracy masked, greedy',
  accuracy_blank: 'accuracy blank, temperature 1',
  greedy_blank: 'accuracy blank, greedy',
  kl_prcp: 'KL_prcp on the test questions',
  'causes.perception': 'perception errors among all answers',
  [MISREAD]: 'perception errors among wrong answers',
  [TRAIN_ACCURACY]: `training accuracy, last ${WINDOW} steps`,
  [TRAIN_ENTROPY]: `entropy, last ${WINDOW} steps`,
  [TRAIN_KL]: `KL_prcp in training, last ${WINDOW} steps`,
  [HALF]: 'steps to half of the final gain',
};
const MAIN = Object.keys(WORDS);

const wordOf = (key: string) => WORDS[key] ?? `\`${key}\``;

/** Shares are shown in per cent, nats and steps as they are. */
const isShare = (key: string) => ![TRAIN_ENTROPY, TRAIN_KL, HALF, 'kl_prcp'].includes(key);
const digits = (key: string) => (isShare(key) || key === HALF ? 1 : 3);

const plain = (key: string, value: number) => (isShare(key) ? 100 * value : value).toFixed(digits(key));
const unit = (key: string) => (isShare(key) ? ' %' : '');

function signed(key: string, value: number): string {
  const text = plain(key, Math.abs(value));
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

const interval = (key: string, { low, high }: OverSeeds) =>
  low === null || high === null ? 'no interval' : `[${signed(key, low)}, ${signed(key, high)}]`;

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row)].join('\n');

/** `before → after`, as far as both are known. */
function beforeAfter(arm: ArmReport, key: string): string {
  const [before, after] = [arm.before[key], arm.after[key]];
  if (!after) return '-';
  return `${before ? `${plain(key, before.mean)} → ` : ''}${plain(key, after.mean)}${unit(key)}`;
}

function armCell(arm: ArmReport, key: string): string {
  const trained = arm.training[key];
  if (trained)
    return `${plain(key, trained.mean)}${unit(key)}${trained.n < arm.seeds.length ? ` (${trained.n} seeds)` : ''}`;
  const change = arm.change[key];
  return `${beforeAfter(arm, key)}${change ? `, ${signed(key, change.mean)} ${interval(key, change)}` : ''}`;
}

function armsTable({ arms }: Report): string {
  const has = (key: string) => arms.some((arm) => arm.after[key] ?? arm.training[key]);
  return table(
    ['', ...arms.map(({ name }) => name)],
    [
      ['seeds', ...arms.map(({ seeds, missing }) => `${seeds.length} of ${seeds.length + missing.length}`)],
      ...MAIN.filter((key) => has(key) || isAsked(key)).map((key) => [
        wordOf(key),
        ...arms.map((arm) => armCell(arm, key)),
      ]),
    ],
  );
}

/** Shown with '-' where no run has it, so that its absence is seen. */
const isAsked = (key: string) => !key.startsWith('greedy_') && key !== TRAIN_KL;

function partTable({ arms }: Report, parts: readonly (readonly [part: string, what: string])[]): string {
  const rows = parts.flatMap(([part, what]) => {
    const keys = [...new Set(arms.flatMap((arm) => Object.keys(arm.after)))].filter((key) =>
      key.startsWith(`${part}.`),
    );
    return keys.map((key) => [
      `${what}${key.slice(part.length + 1)}`,
      ...arms.map((arm) => beforeAfter(arm, key)),
    ]);
  });
  return rows.length === 0 ? '-' : table(['', ...arms.map(({ name }) => name)], rows);
}

const perSeed = (key: string, { seeds }: OverSeeds) =>
  Object.entries(seeds)
    .map(([seed, value]) => `${seed}: ${signed(key, value)}`)
    .join(', ');

function differenceRow(key: string, d: Difference): string[] {
  return [
    wordOf(key),
    `${signed(key, d.mean)}${isShare(key) ? ' points' : ''}`,
    interval(key, d),
    `${d.n}`,
    d.verdict === 'higher' || d.verdict === 'lower' ? `**${d.verdict}**` : d.verdict,
    perSeed(key, d),
  ];
}

const DIFFERENCE_HEAD = ['measure', 'mean difference', '95 % interval', 'seeds', '', 'each seed'];

function comparisonText({ arm, against, seeds, measures }: Report['comparisons'][number]): string {
  const title = `### ${arm} − ${against}`;
  if (seeds.length === 0) return `${title}\n\nNo seed has results of both yet.`;
  const rest = Object.keys(measures).filter((key) => !MAIN.includes(key));
  const rows = (keys: readonly string[]) =>
    keys.flatMap((key) => {
      const found = measures[key];
      return found ? [differenceRow(key, found)] : [];
    });
  return [
    `${title}\n\nPaired over seeds ${seeds.join(', ')}.`,
    table(DIFFERENCE_HEAD, rows(MAIN)),
    ...(rest.length > 0
      ? [
          `<details><summary>every other measure</summary>\n\n${table(DIFFERENCE_HEAD, rows(rest))}\n\n</details>`,
        ]
      : []),
  ].join('\n\n');
}

/** What is said of a comparison at the top: these, in the order of `WORDS`. */
const IN_SHORT = MAIN.filter((key) => ![TRAIN_ACCURACY, TRAIN_KL].includes(key));

const VERDICTS = [
  ['higher', '**higher**'],
  ['lower', '**lower**'],
  ['no difference shown', 'no difference shown in'],
  ['one seed only', 'one seed alone, which shows nothing:'],
] as const;

/** `+1.2 points [−0.5, +2.9]`. */
const differenceText = (key: string, d: Difference) =>
  `${signed(key, d.mean)}${isShare(key) ? ' points' : ''}${d.low === null ? '' : ` ${interval(key, d)}`}`;

/** One comparison in a sentence: what was found of each measure, in plain words. */
function inShort({ comparisons, arms }: Report): string {
  const planned = (a: string, b: string) => {
    const [mine, others] = [a, b].map((name) => {
      const arm = arms.find((found) => found.name === name);
      return [...(arm?.seeds ?? []), ...(arm?.missing ?? [])];
    });
    return mine.filter((seed) => others.includes(seed)).length;
  };
  const lines = comparisons.map(({ arm, against, seeds, measures }) => {
    const of = planned(arm, against);
    const count = `${seeds.length} of ${of} planned seed${of === 1 ? '' : 's'}`;
    const few = seeds.length < of ? ', **not all yet**' : '';
    const found = VERDICTS.flatMap(([verdict, words]) => {
      const keys = IN_SHORT.filter((key) => measures[key]?.verdict === verdict);
      if (keys.length === 0) return [];
      return [
        `${words} ${keys.map((key) => `${wordOf(key)} (${differenceText(key, measures[key])})`).join('; ')}`,
      ];
    });
    const lines = found.length === 0 ? ['nothing can be said yet'] : found;
    return [`- **${arm} against ${against}** (${count}${few}):`, ...lines.map((line) => `  - ${line}`)].join(
      '\n',
    );
  });
  return lines.join('\n');
}

function curves({ arms }: Report): string {
  const number = (value: number | null, share = false) =>
    value === null ? '-' : share ? `${(100 * value).toFixed(1)}` : value.toFixed(3);
  const cells = (arm: ArmReport, step: number): string[] => {
    const at = arm.curve.find((point) => point.step === step);
    return at ? [number(at.accuracy, true), number(at.entropy), number(at.kl_prcp)] : ['-', '-', '-'];
  };
  const steps = [...new Set(arms.flatMap((arm) => arm.curve.map(({ step }) => step)))].sort((a, b) => a - b);
  if (steps.length === 0) return '-';
  const widths = arms.map(({ name }) => Math.max(24, name.length + 2));
  const line = (first: string, of: readonly string[]) => `${first.padStart(5)}  ${of.join('')}`.trimEnd();
  const three = (texts: readonly string[], width: number) =>
    texts
      .map((t) => t.padStart(8))
      .join('')
      .padEnd(width + 2);
  return [
    '```text',
    line(
      '',
      arms.map(({ name }, i) => `  ${name}`.padEnd(widths[i] + 2)),
    ),
    line(
      'step',
      widths.map((width) => three(['acc %', 'entropy', 'KL_prcp'], width)),
    ),
    ...steps.map((step) =>
      line(
        `${step}`,
        arms.map((arm, i) => three(cells(arm, step), widths[i])),
      ),
    ),
    '```',
  ].join('\n');
}

export function markdown(report: Report): string {
  const { experiment: e, arms, comparisons, notes } = report;
  const missing = arms.flatMap(({ name, missing: m }) => (m.length > 0 ? [`${name}: ${m.join(', ')}`] : []));
  const count = comparisons.reduce((sum, { measures }) => sum + Object.keys(measures).length, 0);
  const parts = [
    `# ${e.title}`,
    'Made by `npm run lab -- report` from the files under `results/`.',
    `**Question.** ${e.question.trim()}`,
    `**Settled on ${e.written}, before these runs** (pilot seeds ${e.pilot.join(', ')}, which are not used here). ${e.settled.trim()}`,
    ...(missing.length > 0 ? [`**Not finished.** Seeds without results: ${missing.join('; ')}.`] : []),
    ...(notes.length > 0 ? [`**Mind:** ${notes.join('. ')}.`] : []),
    '## In short',
    'What the first arm of each pair came to, less the second, after the last step: mean over seeds with its 95 % interval.',
    inShort(report),
    '## Arms',
    'Means over seeds, on the same test questions before the first step → after the last, then the change with its 95 % interval (Student’s t over seeds). Shares in per cent, changes in points, KL_prcp and entropy in nats a token; `-`: not measured.',
    armsTable(report),
    `In words: ${STEPS_TO_HALF} (such seeds are left out, also of differences). A perception error is a drawn answer whose first false statement is about the picture.`,
    '## Differences',
    `Paired by seed: each seed’s difference arm − against, after the last step; mean, 95 % interval (Student’s t, n − 1 degrees of freedom). Where the interval holds 0, no difference is shown, which does not say that there is none. ${count} intervals are looked at: about one in twenty would miss 0 by chance alone.`,
    ...comparisons.map(comparisonText),
    '## By kind of question and by dependency on the picture, temperature 1',
    partTable(report, [
      ['kinds', ''],
      ['dependency', 'dependency: '],
    ]),
    '## The same, greedy',
    partTable(report, [
      ['kinds_greedy', ''],
      ['dependency_greedy', 'dependency: '],
    ]),
    '## Causes, of all drawn answers',
    partTable(report, [['causes', '']]),
    '## Learning curves',
    `Training accuracy, entropy and KL_prcp: mean over the seeds that got there of the ${WINDOW} steps up to each (KL_prcp of those in which it was measured).`,
    curves(report),
  ];
  return `${parts.join('\n\n')}\n`;
}
