/** summary.json: every number of an evaluation, computed from its files alone. */
import type { EvalSettings, Evaluation } from './files.ts';
import { type Metrics, metricsBy, metricsOf } from './metrics.ts';

/** What a suite came to. */
export interface SuiteSummary {
  name: string;
  title: string;
  source: string;
  scoring: string;
  group?: 'general' | 'vision';
  /** Questions of the suite, those that were answered, and rows that could not be used, by reason. */
  length: number;
  answered: number;
  skipped: Record<string, number>;
  notes: string[];
  metrics: Metrics;
  tasks: Record<string, Metrics>;
  dependency: Record<string, Metrics>;
}

/** Unweighted means over suites, as the paper's tables have them. */
export interface MeanOverSuites {
  suites: string[];
  accuracy: number | null;
  greedy: number | null;
}

/** Every number of an evaluation, with how the policy was asked. */
export interface Summary {
  version: 1;
  policy: string;
  description: string;
  /** Everything that decides the answers, as eval.json has it. */
  asked: Omit<EvalSettings, 'version' | 'papo' | 'policy' | 'description' | 'suites'>;
  papo: string;
  /** All questions of all suites as one. */
  pooled: Metrics;
  /** By vision dependency, over all suites. */
  dependency: Record<string, Metrics>;
  mean: { all: MeanOverSuites; general?: MeanOverSuites; vision?: MeanOverSuites };
  suites: SuiteSummary[];
}

export function summaryOf({ settings, questions }: Evaluation): Summary {
  const { version, papo, policy, description, suites: records, ...asked } = settings;
  const suites = records.map((record): SuiteSummary => {
    const own = questions.filter(({ suite }) => suite === record.name);
    const { spec: _, ...known } = record;
    return {
      ...known,
      answered: own.length,
      metrics: metricsOf(own),
      tasks: metricsBy(own, ({ task }) => task),
      dependency: metricsBy(own, (question) => question.dependency),
    };
  });
  const groupMean = (group: 'general' | 'vision') => {
    const members = suites.filter((suite) => suite.group === group);
    return members.length > 0 ? { [group]: meanOver(members) } : {};
  };
  return {
    version,
    papo,
    policy,
    description,
    asked,
    pooled: metricsOf(questions),
    dependency: metricsBy(questions, (question) => question.dependency),
    mean: { all: meanOver(suites), ...groupMean('general'), ...groupMean('vision') },
    suites,
  };
}

function meanOver(suites: readonly SuiteSummary[]): MeanOverSuites {
  const answered = suites.filter(({ metrics }) => metrics.questions > 0);
  const mean = (of: (metrics: Metrics) => number | null) => {
    const values = answered.flatMap(({ metrics }) => of(metrics) ?? []);
    return values.length === answered.length && values.length > 0
      ? values.reduce((a, b) => a + b, 0) / values.length
      : null;
  };
  return {
    suites: answered.map(({ name }) => name),
    accuracy: mean(({ accuracy }) => accuracy.value),
    greedy: mean(({ greedy }) => greedy.value),
  };
}
