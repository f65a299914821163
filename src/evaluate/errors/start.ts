/** `papo analyze errors`: evaluations in, sorted wrong answers out. */
import { writeAside } from '../../durable.ts';
import { ConfigError, DataError } from '../../errors.ts';
import { shellWord } from '../../shell.ts';
import { counted } from '../../train/comparison.ts';
import { duration, Progress, type Terminal } from '../../train/progress.ts';
import { exitStatus, type StopSignal, untilStopped } from '../../train/signals.ts';
import { type Evaluation, isEvaluation, readEvaluation } from '../files.ts';
import { type Items, itemsOf } from '../reopened.ts';
import { numberFlag } from '../run/plan.ts';
import {
  comparisonsOf,
  type ErrorAnalysis,
  examplesOf,
  namesOf,
  type Sorter,
  sorterResult,
  wrongIn,
} from './analysis.ts';
import { allOf, type Draw, drawnOf } from './draw.ts';
import type { Judged } from './judge.ts';
import { JUDGEMENTS_FILE, type JudgeResult, judgeAnswers } from './judging.ts';
import { readLabels } from './labels.ts';
import { sortByProgram } from './program.ts';
import { sheetCsv, sheetLines, sheetPage } from './sheet.ts';
import { analysisMarkdown, analysisText } from './text.ts';
import { answersOf, idOf, isWrong, sharedQuestions } from './wrong.ts';

/** Options of the command line; numbers are texts yet. */
export interface ErrorFlags {
  judge?: string;
  judgeModel?: string;
  judgeTemperature?: string;
  judgeMaxTokens?: string;
  repeats?: string;
  parallel?: string;
  timeout?: string;
  limit?: string;
  seed?: string;
  sheet?: string;
  labels?: string[];
  data?: string;
  samples?: string;
  questions?: string;
  html?: string;
  markdown?: string;
  json?: string;
}

/** Examples of each kind on the page. */
const EXAMPLES = 3;

/**
 * @param given evaluations (or policies, which are asked the built-in questions first), the one to compare with first
 * @returns the exit status
 * @throws PapoError where there is nothing that can be sorted; what a judge said before is kept
 */
export async function startErrors(
  given: readonly string[],
  flags: ErrorFlags,
  out: Terminal,
): Promise<number> {
  const settings = settingsOf(flags);
  const progress = new Progress(out);
  return untilStopped(
    async (signal) => {
      try {
        const evaluations: Evaluation[] = [];
        for (const one of given) evaluations.push(await evaluationOf(one, flags, progress, out, signal));
        await analyze(evaluations, flags, settings, progress, out, signal);
        return 0;
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        progress.end();
        progress.say('stopped; the same command goes on where it was');
        return exitStatus(signal.reason as StopSignal);
      }
    },
    (text) => progress.say(text),
    'keeping what was answered and judged',
  );
}

const whole = (least: number, most: number) => ({ least, most, whole: true });
const real = (least: number, most: number) => ({ least, most, whole: false });

function settingsOf(flags: ErrorFlags) {
  if (flags.sheet !== undefined && !/\.csv$/i.test(flags.sheet))
    throw new ConfigError(
      `--sheet ${flags.sheet}: name a .csv file; the page with pictures is put beside it`,
    );
  return {
    limit: numberFlag('limit', flags.limit, whole(1, 1_000_000)) ?? 200,
    seed: flags.seed ?? '1',
    repeats: numberFlag('repeats', flags.repeats, whole(1, 100)) ?? 3,
    temperature: numberFlag('judge-temperature', flags.judgeTemperature, real(0, 2)) ?? 1,
    maxTokens: numberFlag('judge-max-tokens', flags.judgeMaxTokens, whole(64, 1_000_000)) ?? 2048,
    parallel: numberFlag('parallel', flags.parallel, whole(1, 1024)),
    timeoutSeconds: numberFlag('timeout', flags.timeout, real(0.1, 86_400)),
  };
}
type Settings = ReturnType<typeof settingsOf>;

/** What was evaluated, or a policy after it was asked the built-in questions. */
async function evaluationOf(
  given: string,
  flags: ErrorFlags,
  progress: Progress,
  out: Terminal,
  signal: AbortSignal,
): Promise<Evaluation> {
  if (isEvaluation(given)) return readEvaluation(given);
  const [{ openPlan }, { evaluatePolicy }, { AskingProgress }] = await Promise.all([
    import('../run/plan.ts'),
    import('../run/evaluate.ts'),
    import('../run/progress.ts'),
  ]);
  const { samples, questions, data } = flags;
  const plan = await openPlan(given, [], { samples, limit: questions, data, greedy: false }, (text) =>
    progress.doing(text),
  );
  const asking = new AskingProgress(progress, out.isTTY === true);
  const { evaluation } = await evaluatePolicy({
    ...plan,
    signal,
    begin: ({ dir }) => progress.say(`asking ${given} the built-in questions, into ${dir}`),
    hear: (heard) => asking.hear(heard),
  });
  progress.doing('');
  return evaluation;
}

async function analyze(
  evaluations: readonly Evaluation[],
  flags: ErrorFlags,
  settings: Settings,
  progress: Progress,
  out: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const shared = sharedQuestions(evaluations);
  if (shared.length === 0)
    throw new DataError(
      evaluations.length > 1
        ? `${evaluations.map(({ dir }) => dir).join(', ')}: they share no question that was answered in each; evaluate the same suites`
        : `${evaluations[0].dir}: no question was answered yet; let papo eval go on`,
    );
  const names = namesOf(evaluations);
  const items = itemsOf(evaluations, { dataDir: flags.data });
  const all = allOf(shared);
  const some = drawnOf(shared, settings.limit, settings.seed);
  const sorters: Sorter[] = [];

  const byProgram = await sortByProgram(wrongIn(all), items);
  if (byProgram.size > 0)
    sorters.push({
      name: 'program',
      how: 'By program: each statement of the response is held against what the picture of a built-in task holds; the first false one decides.',
      sorting: byProgram,
      draw: all,
    });

  let judged: (JudgeResult & { settings: JudgeSettingsOf }) | undefined;
  if (flags.judge !== undefined) {
    judged = await judge(flags.judge, flags, evaluations, some, items, settings, progress, out, signal);
    sorters.push({
      name: 'judge',
      how: 'By a judge model that saw the pictures, the question, the right answer and the response, and had to quote the response.',
      sorting: judged.sorting,
      draw: some,
    });
  }

  const drawnWrong = wrongIn(some).filter(({ verdict }) => verdict === 'wrong');
  const notes: string[] = [];
  const known = new Set(
    evaluations.flatMap(({ questions }) => questions.flatMap(answersOf).filter(isWrong).map(idOf)),
  );
  for (const file of flags.labels ?? []) {
    const { sorting, empty } = readLabels(file, known);
    const missing = new Set(drawnWrong.map(idOf).filter((id) => !sorting.has(id))).size;
    if (missing > empty)
      notes.push(
        `${file} holds no kind for ${missing} of the drawn answers: give the --limit and --seed that its sheet was made with`,
      );
    else if (empty > 0) notes.push(`${file}: ${counted(empty, 'row')} without a kind`);
    sorters.push({
      name: file.replace(/^.*[\\/]/, '').replace(/\.csv$/i, ''),
      how: `By a person, from ${file}, who did not know whose response it is.`,
      sorting,
      draw: some,
    });
  }
  const double = sorters.find(({ name }, i) => sorters.findIndex((s) => s.name === name) < i);
  if (double) throw new ConfigError(`--labels: two ways of sorting are called ${double.name}; rename a file`);

  if (flags.sheet !== undefined) {
    const lines = sheetLines(drawnWrong, settings.seed);
    const page = flags.sheet.replace(/\.csv$/i, '.html');
    const file = flags.sheet.replace(/^.*[\\/]/, '');
    const text = await sheetPage(lines, items, file);
    writeAside(flags.sheet, () => [Buffer.from(sheetCsv(lines))]);
    writeAside(page, () => [Buffer.from(text)]);
    progress.say(
      `${counted(lines.length, 'wrong answer')} to sort: ${flags.sheet}, or with pictures ${page}\nthen: papo analyze errors ${evaluations.map(({ dir }) => shellWord(dir)).join(' ')} --labels ${shellWord(flags.sheet)}\n`,
    );
  }
  if (sorters.length === 0) {
    if (flags.sheet !== undefined) return;
    throw new DataError(
      'none of the wrong answers is to a built-in question, which a program can sort; give --judge ADDRESS of a model that sees, or --sheet FILE.csv for a person',
    );
  }
  if (byProgram.size === 0 || evaluations.some(({ settings: s }) => s.suites.some(isOther)))
    notes.push('questions of other than the built-in tasks are not sorted by program');
  if (new Set(evaluations.map(({ settings: s }) => JSON.stringify([s.sampling, s.samples]))).size > 1)
    notes.push('the evaluations drew their answers in different ways (sampling or number of answers)');

  const analysis: ErrorAnalysis = {
    version: 1,
    evaluations: evaluations.map(({ dir, settings: s, questions }, e) => ({
      name: names[e],
      dir,
      policy: s.policy,
      description: s.description,
      questions: questions.length,
      shared: shared.length,
      accuracy: accuracyOf(all, e),
    })),
    sorters: sorters.map((sorter) => sorterResult(sorter, evaluations.length)),
    comparisons: comparisonsOf(sorters),
    ...(judged && { judge: judgeRecord(judged) }),
    notes: [...notes, ...new Set(items.problems)],
  };
  progress.say(analysisText(analysis).trimEnd());
  const main = sorters.find(({ name }) => name === 'judge') ?? sorters[0];
  const said = judged && main.name === 'judge' ? judged.said : new Map<string, Judged>();
  const page = async () => {
    const { analysisPage } = await import('./html.ts');
    return analysisPage(analysis, { examples: examplesOf(main, EXAMPLES), items, said });
  };
  const files: [string | undefined, () => Promise<string> | string][] = [
    [flags.html, page],
    [flags.markdown, () => analysisMarkdown(analysis)],
    [flags.json, () => `${JSON.stringify(analysis, null, 2)}\n`],
  ];
  for (const [file, text] of files) {
    if (file === undefined) continue;
    const bytes = Buffer.from(await text());
    writeAside(file, () => [bytes]);
    progress.say(`wrote ${file}`);
  }
}

const isOther = ({ spec }: { spec: Record<string, unknown> }) => spec.suite !== 'builtin';

/** Mean over questions of the share of right answers. */
const accuracyOf = ({ questions }: Draw, e: number): number =>
  questions.reduce(
    (sum, { answers_EK }) =>
      sum + answers_EK[e].filter((line) => !isWrong(line)).length / answers_EK[e].length,
    0,
  ) / questions.length;

type JudgeSettingsOf = Parameters<typeof judgeAnswers>[3]['settings'];

function judgeRecord({ sorting: _, said: __, ...rest }: JudgeResult & { settings: JudgeSettingsOf }) {
  return rest;
}

async function judge(
  url: string,
  flags: ErrorFlags,
  evaluations: readonly Evaluation[],
  draw: Draw,
  items: Items,
  { parallel, timeoutSeconds, temperature, maxTokens, repeats }: Settings,
  progress: Progress,
  out: Terminal,
  signal: AbortSignal,
): Promise<JudgeResult & { settings: JudgeSettingsOf }> {
  const { openChat } = await import('../server/chat.ts');
  progress.doing(`connecting to ${url} ...`);
  const server = await openChat({
    url,
    model: flags.judgeModel,
    parallel,
    timeoutSeconds,
    signal,
    say: (line) => progress.say(line),
  });
  try {
    const settings = { url: server.url, model: server.model, temperature, topP: 1, maxTokens };
    const wanted = draw.questions.flatMap(({ answers_EK }) =>
      answers_EK.flatMap((lines, e) =>
        lines.filter(({ verdict }) => verdict === 'wrong').map((line) => ({ dir: evaluations[e].dir, line })),
      ),
    );
    progress.doing('');
    progress.say(
      `judging ${counted(wanted.length, 'wrong answer')} ${repeats === 1 ? 'once' : `${repeats} times`} with ${server.model}; what it says is kept in ${JUDGEMENTS_FILE}`,
    );
    const began = performance.now();
    let tenth = 0;
    const hear = (done: number, of: number) => {
      const left = ((performance.now() - began) / 1000 / done) * (of - done);
      const text = `judged ${done} of ${of}${done < of ? `, ${duration(left)} left` : ''}`;
      if (out.isTTY) progress.doing(done < of ? text : '');
      else if (Math.floor((10 * done) / of) > tenth) progress.say(text);
      tenth = Math.floor((10 * done) / of);
    };
    const result = await judgeAnswers(wanted, items, server, { settings, repeats, signal, hear });
    return { ...result, settings };
  } finally {
    progress.doing('');
    await server.close();
  }
}
