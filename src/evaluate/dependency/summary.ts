/** What the views of questions come to, over all, by suite, by task and by the data set's own labels. */
import {
  clusteredInterval,
  cohensKappa,
  type Interval,
  type Pair,
  pairedShareInterval,
  shareInterval,
  tInterval,
} from '../../statistics.ts';
import { LABELS, type Label } from './label.ts';
import { labelsOf, meanOf, type Question, type ViewAnswers } from './questions.ts';
import { VIEWS, type View } from './views.ts';

export interface Group {
  questions: number;
  /** Mean of the drawn answers by view, and of the likeliest. */
  accuracy: Partial<Record<View, Interval>>;
  greedy: Partial<Record<View, Interval>>;
  /** Log-probability of the right response in nats, whole and from its box on, means over questions. */
  logprob: Partial<Record<View, Interval>>;
  boxed: Partial<Record<View, Interval>>;
  /** MMStar: accuracy with the picture less accuracy without, paired by question. */
  gain: Interval | null;
  /** MMStar: accuracy without the picture less that of the language model alone, not below 0; null where none was asked. */
  leak: (Interval & { raw: number }) | null;
  /** By the rule. */
  labels: Record<Label, number>;
}

export interface Agreement {
  /** [own label][by the rule]. */
  table: Record<string, Record<Label, number>>;
  /** Questions that the rule labels at all, and those of them on which both agree. */
  sorted: number;
  agreed: number;
  kappa: number | null;
}

export interface WordsResult {
  /** Questions that it learnt from. */
  learnt: number;
  groups: Record<string, { questions: number; words: Interval; commonest: Interval }>;
}

export interface Dependency {
  version: 1;
  policy: string;
  description: string;
  textOnly: string | null;
  samples: number;
  seed: string;
  mask: string;
  /** The view that stands for the words alone in the labels, by suite. */
  blind: Record<string, View>;
  all: Group;
  suites: Record<string, Group>;
  tasks: Record<string, Group>;
  own: Record<string, Group>;
  agreement: Agreement | null;
  words: WordsResult | null;
  notes: string[];
}

/** The interval of a share over questions, between sources where questions share one. */
function share(
  questions: readonly Question[],
  of: (q: Question) => number | null | undefined,
): Interval | undefined {
  const known = questions.flatMap((q) => {
    const value = of(q);
    return value === null || value === undefined
      ? []
      : [{ value, source: q.cluster === undefined ? `q ${q.suite} ${q.key}` : `c ${q.suite} ${q.cluster}` }];
  });
  if (known.length === 0) return undefined;
  const values = known.map(({ value }) => value);
  const sources = known.map(({ source }) => source);
  return new Set(sources).size < sources.length ? clusteredInterval(values, sources) : shareInterval(values);
}

const byView = (of: (view: View) => Interval | undefined): Partial<Record<View, Interval>> =>
  Object.fromEntries(
    VIEWS.flatMap((view) => {
      const found = of(view);
      return found ? [[view, found]] : [];
    }),
  );

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const drawn = (answers: ViewAnswers | undefined) => (answers ? meanOf(answers.asked) : null);

/** Differences of two numbers of each question; between sources where questions share one. */
function paired(
  questions: readonly Question[],
  of: (q: Question) => readonly [number | null, number | null],
): Interval | null {
  const known = questions.flatMap((q) => {
    const [a, b] = of(q);
    return a === null || b === null ? [] : [{ pair: [a, b] as Pair, source: q.cluster ?? `q ${q.key}` }];
  });
  if (known.length === 0) return null;
  const sources = known.map(({ source }) => source);
  if (new Set(sources).size < sources.length)
    return clusteredInterval(
      known.map(({ pair: [a, b] }) => b - a),
      sources,
    );
  return pairedShareInterval(known.map(({ pair }) => pair));
}

export function groupOf(questions: readonly Question[]): Group {
  const logprob = (key: 'whole' | 'boxed') => (view: View) => {
    const values = questions.flatMap(({ logprobs }) => {
      const own = logprobs[view]?.[key];
      return own && own.length > 0 ? [mean(own)] : [];
    });
    return values.length > 0 ? tInterval(values) : undefined;
  };
  const leak = paired(questions, ({ views, textOnly }) => [drawn(textOnly), drawn(views.none)]);
  return {
    questions: questions.length,
    accuracy: byView((view) => share(questions, ({ views }) => drawn(views[view]))),
    greedy: byView((view) => share(questions, ({ views }) => views[view]?.greedy)),
    logprob: byView(logprob('whole')),
    boxed: byView(logprob('boxed')),
    gain: paired(questions, ({ views }) => [drawn(views.none), drawn(views.original)]),
    leak: leak && {
      raw: leak.value,
      value: Math.max(0, leak.value),
      low: Math.max(0, leak.low),
      high: Math.max(0, leak.high),
      n: leak.n,
    },
    labels: labelsOf(questions),
  };
}

export function groupsBy(
  questions: readonly Question[],
  of: (q: Question) => string | undefined,
): Record<string, Group> {
  const groups = new Map<string, Question[]>();
  for (const question of questions) {
    const name = of(question);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), question]);
  }
  const order = (name: string) => LABELS.indexOf(name as Label);
  const names = [...groups.keys()].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, groupOf(groups.get(name) ?? [])]));
}

/** The data set's own labels against those of the rule; null where it has none. */
export function agreementOf(questions: readonly Question[]): Agreement | null {
  const own = questions.flatMap(({ own: level, labelled: { label } }) =>
    level === undefined ? [] : [[level, label] as const],
  );
  if (own.length === 0) return null;
  const table: Agreement['table'] = {};
  for (const level of ['high', 'medium', 'low']) {
    const row = own.filter(([a]) => a === level);
    if (row.length === 0) continue;
    table[level] = Object.fromEntries(
      LABELS.map((label) => [label, row.filter(([, b]) => b === label).length]),
    ) as Record<Label, number>;
  }
  const sorted = own.filter(([, label]) => label !== 'unclear');
  return {
    table,
    sorted: sorted.length,
    agreed: sorted.filter(([a, b]) => a === b).length,
    kappa: beyondChance(sorted),
  };
}

function beyondChance(pairs: readonly (readonly [string, string])[]): number | null {
  const { value } = cohensKappa(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  return Number.isFinite(value) ? value : null;
}
