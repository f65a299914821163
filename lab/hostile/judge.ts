/** The rules that every case is held to. */
import type { CallCase, Ended, ProcessCase } from './case.ts';

/** A refusal may take so much. */
export const MOST_SECONDS = 2;
export const MOST_MB = 1024;
/** Longest line on standard error; values of a person are cut long before. */
const MOST_LINE = 2100;

/** A stack, an unprinted object, the runtime's own words or an abort. */
const RAW =
  /\n\s+at .+:\d+|node:internal|Node\.js v\d|\[object Object\]|terminate called|UnhandledPromise|ERR_UNHANDLED|Segmentation|heap out of memory|ExperimentalWarning/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

const head = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text).trim();

/** What is wrong with how a process took its input. */
export function judgeProcess(c: ProcessCase, ended: Ended): string[] {
  const faults: string[] = [];
  const allowed = [c.status ?? 1].flat();
  if (!allowed.includes(ended.status))
    faults.push(`exit status ${ended.status}, not ${allowed.join(' or ')}`);
  const all = `${ended.stdout}\n${ended.stderr}`;
  if (RAW.test(all)) faults.push('a stack or the raw words of something below');
  if (ended.status === 1) faults.push(...judgeRefusal(ended.stderr));
  const where = ended.status === 1 ? ended.stderr : all;
  if (c.says && !c.says.test(where)) faults.push(`does not say ${c.says}`);
  const left = ended.added.filter((path) => !isExpected(path, c.leaves));
  if (left.length > 0) faults.push(`left behind: ${head(left.join(', '))}`);
  if (ended.peakMB > MOST_MB) faults.push(`${ended.peakMB} MB`);
  return faults;
}

/** Built-in rows are shared by all runs, and wait for the next. */
const isExpected = (path: string, leaves?: RegExp) =>
  /^runs(\/\.data(\/.*)?)?$/.test(path) || (leaves?.test(path) ?? false);

function judgeRefusal(stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line !== '');
  const faults: string[] = [];
  if (lines.length !== 1) faults.push(`${lines.length} lines on standard error: ${head(stderr)}`);
  if (lines.length > 0 && !/^papo: /.test(lines[0]!)) faults.push(`an odd first word: ${head(lines[0]!)}`);
  if (lines.some((line) => line.length > MOST_LINE)) faults.push('a line of over 2,100 characters');
  if (CONTROL.test(stderr)) faults.push('control characters on standard error');
  return faults;
}

/** What came of a call; the case's own verdict on a value is given where the value is. */
export type Outcome = { value: unknown } | { error: { name: string; message: string; ours: boolean } };

export function judgeCall(c: CallCase, outcome: Outcome, peakMB: number): string[] {
  const faults: string[] = [];
  if ('error' in outcome) {
    const { name, message, ours } = outcome.error;
    if (!ours) faults.push(`threw ${name}: ${head(message)}`);
    else if (c.expect === 'taken') faults.push(`refused: ${head(message)}`);
    if (/\n/.test(message) || CONTROL.test(message)) faults.push('a message of more than one line');
    if (message.length > MOST_LINE) faults.push('a message of over 2,100 characters');
    if (ours && c.says && !c.says.test(message)) faults.push(`does not say ${c.says}: ${head(message)}`);
  } else {
    if (c.expect === 'refused')
      faults.push(`taken: ${head(String(JSON.stringify(outcome.value) ?? outcome.value))}`);
  }
  if (peakMB > MOST_MB) faults.push(`${peakMB} MB`);
  return faults;
}
