/**
 * Where a run began to collapse, from its metrics.
 *
 * The rule. KL_prcp, its logarithm smoothed by a running median of 5, climbs to at least 4 times the lowest that it was
 * before and stays there. The onset is the step at which two straight lines that meet fit log KL_prcp best, up to where it
 * is at its top. A climb is no collapse in itself: a policy that learns to look has one too. So further signs must be
 * there, before the onset against around the top: the reward falls, clipping at least doubles, both entropies rise by a
 * quarter or more, more tokens stand at the limit of KL_prcp's estimator. Two of these, or a tenth of all tokens at the
 * limit, make it a collapse.
 */
import { meanOf, type SignKey, type Span, type StepNumbers, valuesOf } from './signs.ts';

export const RULE = {
  smooth: 5,
  climb: 4,
  hold: 3,
  fewest: 10,
  clip: 2,
  entropy: 1.25,
  limitShare: 0.01,
  limitFactor: 5,
  sureShare: 0.1,
  errors: 3,
  signs: 2,
} as const;

/** One of the further signs. */
export interface Sign {
  name: 'reward falls' | 'clipping grows' | 'both entropies rise' | 'tokens at the limit';
  /** undefined where what it needs was not measured. */
  seen: boolean | undefined;
  words: string;
}

export interface Climb {
  /** Times the lowest smoothed KL_prcp before. */
  factor: number;
  lowest: { step: number; value: number };
  /** Where nine tenths of the climb (in logarithms) are done. */
  top: { step: number; value: number };
}

export interface Onset {
  /** null: none was found. */
  step: number | null;
  by: 'rule' | 'given';
  /** In one sentence: why, or why not. */
  why: string;
  /** null where KL_prcp does not climb, or too little of it was measured. */
  climb: Climb | null;
  signs: Sign[];
  /** Steps that are compared; the whole run is cut in half where there is no onset. */
  before: Span;
  after: Span;
}

interface Point {
  step: number;
  /** Natural logarithm of smoothed KL_prcp. */
  log: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function smoothed(steps: readonly StepNumbers[]): Point[] {
  const measured = steps.flatMap(({ step, kl_prcp: kl }) =>
    kl !== undefined && kl > 0 ? [{ step, log: Math.log(kl) }] : [],
  );
  const reach = (RULE.smooth - 1) / 2;
  return measured.map(({ step }, i) => ({
    step,
    log: median(measured.slice(Math.max(0, i - reach), i + reach + 1).map(({ log }) => log)),
  }));
}

/** The first climb that holds, and the highest that KL_prcp comes to after it; undefined where there is none. */
function climbOf(points: readonly Point[]): (Climb & { at: number }) | undefined {
  let lowest = 0;
  for (let i = 0; i < points.length; i++) {
    if (points[i].log < points[lowest].log) lowest = i;
    const floor = points[lowest].log + Math.log(RULE.climb);
    const held = points.slice(i, i + RULE.hold);
    if (held.length < RULE.hold || held.some(({ log }) => log < floor)) continue;
    const most = Math.max(...points.slice(i).map(({ log }) => log));
    const top = most - 0.1 * (most - points[lowest].log);
    const at = points.findIndex(({ log }, k) => k >= i && log >= top);
    return {
      at,
      factor: Math.exp(most - points[lowest].log),
      lowest: { step: points[lowest].step, value: Math.exp(points[lowest].log) },
      top: { step: points[at].step, value: Math.exp(points[at].log) },
    };
  }
  return undefined;
}

/**
 * Least squares of log KL_prcp on [1, step, max(0, step − knee)]: its sum of squared errors, and the change of slope at the
 * knee. Column by column (Gram-Schmidt), as the steps of a late climb are large numbers close to each other.
 */
function hinge(points: readonly Point[], knee: number): { error: number; bend: number } {
  const units: number[][] = [];
  const without = (column: number[]) =>
    units.reduce((rest, unit) => {
      const along = dot(rest, unit);
      return rest.map((v, i) => v - along * unit[i]);
    }, column);
  const add = (column: number[]) => {
    const rest = without(column);
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-9) units.push(rest.map((v) => v / length));
    return { rest, length };
  };
  const logs = points.map(({ log }) => log);
  add(points.map(() => 1));
  add(points.map(({ step }) => step));
  const { rest, length } = add(points.map(({ step }) => Math.max(0, step - knee)));
  const left = without(logs);
  return { error: dot(left, left), bend: length > 1e-9 ? dot(logs, rest) / length ** 2 : 0 };
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** The step at which the climb begins: the knee that fits best, the first step where no line bends upwards. */
function kneeOf(points: readonly Point[]): number {
  let best = { error: Number.POSITIVE_INFINITY, step: points[0].step };
  for (const { step } of points.slice(1, -1)) {
    const { error, bend } = hinge(points, step);
    if (bend > 0 && error < best.error) best = { error, step };
  }
  return best.step;
}

/** Steps that are looked at on either side: a tenth of the run. */
const windowOf = (steps: readonly StepNumbers[]) => Math.min(20, Math.max(5, Math.round(steps.length / 10)));

/** Before: the steps that lead up to the onset, the first three where it is at the very start. After: those from the top on. */
function spansOf(steps: readonly StepNumbers[], onset: number, top: number): { before: Span; after: Span } {
  const width = windowOf(steps);
  const [first, last] = [steps[0].step, steps[steps.length - 1].step];
  const to = Math.max(onset - 1, first + 2);
  const start = Math.max(Math.min(top, last - width + 1), onset);
  return {
    before: { from: Math.max(first, to - width + 1), to },
    after: { from: start, to: Math.min(last, start + width - 1) },
  };
}

const shown = (x: number) => String(Number(x.toPrecision(2)));

function signsOf(steps: readonly StepNumbers[], before: Span, after: Span): Sign[] {
  const pair = (key: SignKey) => [meanOf(steps, key, before), meanOf(steps, key, after)] as const;
  const change = (key: SignKey) => {
    const [a, b] = pair(key);
    return a === undefined || b === undefined ? undefined : { a, b, words: `${shown(a)} → ${shown(b)}` };
  };
  const sign = (name: Sign['name'], seen: boolean | undefined, words: string): Sign => ({
    name,
    seen,
    words,
  });
  const reward = change('reward');
  const spread = ['before', 'after'].map((side) =>
    squaredError(valuesOf(steps, 'reward', side === 'before' ? before : after)),
  );
  const scale = RULE.errors * Math.sqrt(spread[0] + spread[1]);
  const clip = change('clip_ratio_high');
  const [entropy, masked] = [change('entropy'), change('entropy_masked')];
  const capped = change('kl_prcp_capped');
  const absent = 'not measured';
  return [
    sign('reward falls', reward && reward.b < reward.a - scale, reward?.words ?? absent),
    sign('clipping grows', clip && clip.b >= RULE.clip * clip.a && clip.b > 0, clip?.words ?? absent),
    sign(
      'both entropies rise',
      entropy && masked && [entropy, masked].every(({ a, b }) => b >= RULE.entropy * a),
      entropy && masked ? `${entropy.words}, masked ${masked.words}` : absent,
    ),
    sign(
      'tokens at the limit',
      capped && capped.b >= RULE.limitShare && capped.b >= RULE.limitFactor * capped.a,
      capped?.words ?? absent,
    ),
  ];
}

/** Squared standard error of a mean, its scale from the median of distances from the median: single steps do not decide. */
function squaredError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = median(values);
  const scale = 1.4826 * median(values.map((v) => Math.abs(v - middle)));
  return scale ** 2 / values.length;
}

/** @param given the step that a person names, in place of the rule's */
export function findOnset(steps: readonly StepNumbers[], given?: number): Onset {
  const points = smoothed(steps);
  const found = points.length >= RULE.fewest ? climbOf(points) : undefined;
  const last = steps[steps.length - 1].step;
  const climb = found ? { factor: found.factor, lowest: found.lowest, top: found.top } : null;
  if (given !== undefined) {
    const spans = spansOf(steps, given, Math.max(given, found?.top.step ?? given));
    const signs = signsOf(steps, spans.before, spans.after);
    return { step: given, by: 'given', why: `step ${given} was named`, climb, signs, ...spans };
  }
  const none = (why: string, signs: Sign[] = []): Onset => {
    const middle = steps[Math.floor(steps.length / 2)].step;
    const [before, after] = [
      { from: steps[0].step, to: middle - 1 },
      { from: middle, to: last },
    ];
    return { step: null, by: 'rule', why, climb, signs, before, after };
  };
  if (points.length < RULE.fewest)
    return none(
      `KL_prcp was measured in ${points.length} steps only, of ${RULE.fewest} that are needed; set logging.klPrcpEvery`,
    );
  if (!found) return none(`KL_prcp never stays at ${RULE.climb} times what it was`);
  const step = kneeOf(points.slice(0, found.at + 1));
  const spans = spansOf(steps, step, found.top.step);
  const signs = signsOf(steps, spans.before, spans.after);
  const seen = signs.filter((sign) => sign.seen);
  const sure = (meanOf(steps, 'kl_prcp_capped', spans.after) ?? 0) >= RULE.sureShare;
  const climbs = `KL_prcp climbs to ${shown(found.factor)} times its lowest`;
  const names = seen.map(({ name }) => name).join(', ') || 'none';
  if (!sure && seen.length < RULE.signs)
    return none(`${climbs}, but ${RULE.signs} of the further signs are needed (seen: ${names})`, signs);
  const proof = sure ? `${names}; over ${100 * RULE.sureShare} % of the tokens at it` : names;
  return { step, by: 'rule', why: `${climbs}, with ${proof}`, climb, signs, ...spans };
}
