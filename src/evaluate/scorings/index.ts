/** The scorings that there are. A new one is its file here and a line in the list. */
import { ConfigError } from '../../errors.ts';
import type { Scoring } from '../types.ts';
import { authors } from './authors.ts';
import { choices } from './choices.ts';
import { equal } from './equal.ts';

export const SCORINGS: readonly Scoring[] = [authors, choices, equal];

export const scoringNames = (): string[] => SCORINGS.map(({ name }) => name);

/** @throws ConfigError where there is none of that name */
export function scoringNamed(name: string): Scoring {
  const found = SCORINGS.find((one) => one.name === name);
  if (!found) throw new ConfigError(`${name}: no such scoring; there are ${scoringNames().join(', ')}`);
  return found;
}
