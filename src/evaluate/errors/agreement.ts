/** How far two ways of sorting the same answers agree, and one with itself where it sorted them several times. */
import { cohensKappa } from '../../statistics.ts';
import type { SortedKind } from './kinds.ts';

/** Kinds that two gave to the answers that both of them sorted. */
export interface Agreement {
  n: number;
  /** Share of equal kinds. */
  equal: number;
  /** Cohen's κ with its 95 % interval; NaN where both use one kind alone. */
  kappa: { value: number; low: number; high: number };
  /** What the first called the row and the second the column: how many. */
  table: Record<string, Record<string, number>>;
}

/** @param pairs what the first and the second called each answer */
export function agreementOf(pairs: readonly (readonly [SortedKind, SortedKind])[]): Agreement {
  const n = pairs.length;
  const table: Agreement['table'] = {};
  for (const [a, b] of pairs) {
    table[a] ??= {};
    table[a][b] = (table[a][b] ?? 0) + 1;
  }
  const equal = n === 0 ? Number.NaN : pairs.filter(([a, b]) => a === b).length / n;
  const none = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const kappa =
    n === 0
      ? none
      : cohensKappa(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
        );
  return { n, equal, kappa: { value: kappa.value, low: kappa.low, high: kappa.high }, table };
}

/** How far several sortings of each answer by one agree. */
export interface Repeats {
  /** Answers that were sorted at least twice. */
  n: number;
  /** Share of pairs of sortings of one answer that are equal. */
  equal: number;
  /** Fleiss' κ, each answer weighted alike where they have unequal numbers of sortings; NaN where one kind is all. */
  kappa: number;
  /** Answers that were called the same each time. */
  unanimous: number;
}

export function repeatsOf(sorted: readonly (readonly SortedKind[])[]): Repeats {
  const several = sorted.filter(({ length }) => length >= 2);
  const n = several.length;
  const shares = new Map<string, number>();
  let equal = 0;
  for (const kinds of several) {
    const counts = new Map<string, number>();
    for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const [kind, count] of counts) {
      equal += (count * (count - 1)) / (kinds.length * (kinds.length - 1)) / n;
      shares.set(kind, (shares.get(kind) ?? 0) + count / kinds.length / n);
    }
  }
  const chance = [...shares.values()].reduce((s, share) => s + share * share, 0);
  const unanimous = several.filter((kinds) => kinds.every((kind) => kind === kinds[0])).length;
  if (n === 0) return { n, equal: Number.NaN, kappa: Number.NaN, unanimous };
  return { n, equal, kappa: shares.size < 2 ? Number.NaN : (equal - chance) / (1 - chance), unanimous };
}

/** The kind that was given most often; undefined where two were, or none. */
export function majorityOf(kinds: readonly SortedKind[]): SortedKind | undefined {
  const counts = new Map<SortedKind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  return first && first[1] !== second?.[1] ? first[0] : undefined;
}
