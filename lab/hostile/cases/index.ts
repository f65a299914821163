/** All cases of a seed, by kind. */
import { type Case, KINDS } from '../case.ts';
import { diskCases } from './disk.ts';
import { functionCases } from './functions.ts';
import { graderCases } from './grader.ts';
import { pictureCases } from './pictures.ts';
import { policyCases } from './policies.ts';
import { privacyCases } from './privacy.ts';
import { rowCases } from './rows.ts';
import { runCases } from './runs.ts';
import { settingCases } from './settings.ts';
import { signalCases } from './signals.ts';

export function allCases(seed: string): Case[] {
  const cases = [
    ...settingCases(seed),
    ...rowCases(seed),
    ...pictureCases(seed),
    ...policyCases(seed),
    ...functionCases(),
    ...runCases(seed),
    ...signalCases(),
    ...graderCases(seed),
    ...diskCases(),
    ...privacyCases(),
  ];
  const names = cases.map((c) => `${c.kind} ${c.name}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`two cases are called ${twice}`);
  return cases.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}
