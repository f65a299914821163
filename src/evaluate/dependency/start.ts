/** `papo analyze dependency`: asks a policy under each view of the pictures, and says how much it needs them. */
import { join } from 'node:path';
import { writeAside } from '../../durable.ts';
import { ConfigError, quoted } from '../../errors.ts';
import { makeFolder } from '../../files.ts';
import { maskFromConfig } from '../../mask/config.ts';
import { readProcessor } from '../../model/processor.ts';
import { policyFolder } from '../../model/shipped.ts';
import { counted } from '../../train/comparison.ts';
import { Progress, type Terminal } from '../../train/progress.ts';
import { exitStatus, type StopSignal, untilStopped } from '../../train/signals.ts';
import type { Evaluation } from '../files.ts';
import { targetOf } from '../policy/target.ts';
import { openAnswerer } from '../run/answerer.ts';
import { type EvaluateOptions, evaluatePolicy } from '../run/evaluate.ts';
import { DEFAULT_EVALS, nameOf } from '../run/folder.ts';
import { type EvalFlags, openPlan } from '../run/plan.ts';
import { AskingProgress } from '../run/progress.ts';
import { askingOf } from '../run/settings.ts';
import { builtinWords } from './builtin-words.ts';
import { guessesOf, type Question, questionsOf } from './questions.ts';
import { type Score, scoreAll } from './scores.ts';
import { agreementOf, type Dependency, groupOf, groupsBy } from './summary.ts';
import { dependencyMarkdown, dependencyText } from './terminal.ts';
import { VIEWS, type View, type ViewSettings, viewSuite } from './views.ts';

/** As the command line has them. */
export interface DependencyFlags extends EvalFlags {
  views?: string;
  textOnly?: string;
  score?: boolean;
  html?: string;
  markdown?: string;
  json?: string;
}

type Plan = Omit<EvaluateOptions, 'signal' | 'begin' | 'hear'>;

/** What a person reads, and the questions behind it. */
interface Found {
  summary: Dependency;
  questions: Question[];
  plan: Plan;
  settings: ViewSettings;
}

/** @returns the exit status @throws PapoError where the policy cannot be asked; what was answered is kept */
export async function startDependency(
  policy: string,
  suites: readonly string[],
  flags: DependencyFlags,
  out: Terminal,
): Promise<number> {
  const progress = new Progress(out);
  return untilStopped(
    async (signal) => {
      try {
        await analyse(policy, suites, flags, { progress, signal, live: out.isTTY === true });
        return 0;
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
        progress.end();
        progress.say('stopped; the same command goes on where it was');
        return exitStatus(signal.reason as StopSignal);
      }
    },
    (text) => progress.say(text),
    'keeping the answers that are there, and those under way',
  );
}

interface Surroundings {
  progress: Progress;
  signal: AbortSignal;
  live: boolean;
}

/** The views that are asked: with the picture and without any always. */
function viewsOf(given: string | undefined): View[] {
  if (given === undefined) return [...VIEWS];
  const named = given.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !(VIEWS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new ConfigError(`--views ${quoted(unknown)}: no such view; there are ${VIEWS.join(', ')}`);
  return VIEWS.filter((view) => view === 'original' || view === 'none' || named.includes(view));
}

async function analyse(
  policy: string,
  suites: readonly string[],
  flags: DependencyFlags,
  around: Surroundings,
): Promise<void> {
  const views = viewsOf(flags.views);
  const { progress } = around;
  const plan = await openPlan(policy, suites, flags, (text) => progress.doing(text), around.signal);
  const dir = flags.out ?? join(DEFAULT_EVALS, `dependency-${nameOf(plan.target, policy)}`);
  makeFolder(dir);
  const settings = await settingsOf(plan);
  try {
    progress.doing('');
    progress.say(
      `${policy}: ${counted(
        plan.suites.reduce((n, { suite }) => n + suite.length, 0),
        'question',
      )} under ${counted(views.length, 'view')} (${views.join(', ')}), in ${dir}`,
    );
    const found = await ask(policy, plan, views, settings, dir, flags, around);
    await tell(found, dir, flags, progress);
  } finally {
    await settings.mask.close?.();
  }
}

async function settingsOf({ target, asking, seed }: Plan): Promise<ViewSettings> {
  const { mask, data } = asking.config;
  const processor = target.kind === 'local' ? readProcessor(policyFolder(target.policy)) : undefined;
  return {
    mask: await maskFromConfig(mask, processor ? { processor } : {}),
    seed,
    pixels: { min: data.minPixels ?? undefined, max: data.maxPixels ?? undefined },
  };
}

async function ask(
  policy: string,
  plan: Plan,
  views: readonly View[],
  settings: ViewSettings,
  dir: string,
  flags: DependencyFlags,
  around: Surroundings,
): Promise<Found> {
  const { progress, signal } = around;
  const { target, asking, samples, seed } = plan;
  const answerer = await openAnswerer(target, asking, Math.max(1, samples), plan.server);
  const evaluations: Partial<Record<View, Evaluation>> = {};
  const notes: string[] = [];
  let scores: Score[] = [];
  try {
    for (const view of views) {
      const seen = plan.suites.map((one) => ({ ...one, suite: viewSuite(one.suite, view, settings) }));
      // The seed tells views that are made otherwise from each other, so that answers to them are never mixed.
      const own =
        view === 'original'
          ? seed
          : `${seed} ${view}${view === 'masked' ? ` ${JSON.stringify(asking.config.mask)}` : ''}`;
      evaluations[view] = await evaluated(
        { ...plan, suites: seen, seed: own, answerer },
        join(dir, 'views', view),
        view,
        around,
        notes,
      );
    }
    if (flags.score !== false && answerer.score) {
      const scored = { answerer, suites: plan.suites.map(({ suite }) => suite), views, settings, seed };
      const decides = {
        policy: { named: policy, ...answerer.settings },
        seed,
        views: { masked: asking.config.mask },
      };
      scores = await scoreAll(dir, { ...scored, decides }, signal, (done, of) =>
        progress.doing(`scoring right responses: ${done}/${of} questions and views`),
      );
    } else if (flags.score !== false)
      notes.push('this policy gives no log-probabilities of given responses: labels come from answers alone');
  } finally {
    await answerer.close();
  }
  const textOnly =
    flags.textOnly === undefined
      ? undefined
      : await askAlone(flags.textOnly, plan, settings, dir, flags, around, notes);
  progress.doing('');
  const open = plan.suites.map(({ suite }) => suite);
  const { questions, blind } = questionsOf(evaluations, { textOnly, scores, guesses: await guessesOf(open) });
  const asked = evaluations.original?.questions.length ?? 0;
  if (questions.length < asked)
    notes.push(
      `${counted(asked - questions.length, 'question')} left out: without a picture, or not answered under every view`,
    );
  progress.doing('learning what the words give away');
  const words = await builtinWords(open, seed);
  progress.doing('');
  const summary: Dependency = {
    version: 1,
    policy,
    description: answerer.description,
    textOnly: flags.textOnly ?? null,
    samples,
    seed,
    mask: settings.mask.name,
    blind,
    all: groupOf(questions),
    suites: groupsBy(questions, ({ suite }) => suite),
    tasks: groupsBy(questions, ({ suite, task }) =>
      task === undefined ? undefined : open.length > 1 ? `${suite}: ${task}` : task,
    ),
    own: groupsBy(questions, ({ own }) => own),
    agreement: agreementOf(questions),
    words,
    notes,
  };
  return { summary, questions, plan, settings };
}

async function evaluated(
  options: Plan,
  dir: string,
  what: string,
  { progress, signal, live }: Surroundings,
  notes: string[],
): Promise<Evaluation> {
  progress.doing('');
  if (!live) progress.say(`view ${what}`);
  const asking = new AskingProgress(progress, live);
  const { evaluation, unreadable } = await evaluatePolicy({
    ...options,
    dir,
    signal,
    hear: (heard) => asking.hear({ ...heard, suite: `${what}, ${heard.suite}` }),
  });
  for (const [suite, errors] of unreadable)
    notes.push(
      `view ${what}: ${counted(errors.length, 'question')} of ${suite} could not be made: ${errors[0]}`,
    );
  return evaluation;
}

/** The language model alone: asked without any picture. */
async function askAlone(
  given: string,
  plan: Plan,
  settings: ViewSettings,
  dir: string,
  flags: DependencyFlags,
  around: Surroundings,
  notes: string[],
): Promise<Evaluation> {
  const target = targetOf(given);
  const { samplingFlags } = await import('../run/plan.ts');
  const asking = askingOf(target, samplingFlags(flags));
  const suites = plan.suites.map((one) => ({ ...one, suite: viewSuite(one.suite, 'none', settings) }));
  const own = { ...plan, target, policy: given, asking, suites, answerer: undefined };
  return evaluated(own, join(dir, 'text-only'), `text only (${given})`, around, notes);
}

const write = (path: string, text: string) => writeAside(path, () => [Buffer.from(text)]);

async function tell(
  { summary, questions, plan, settings }: Found,
  dir: string,
  flags: DependencyFlags,
  progress: Progress,
): Promise<void> {
  write(join(dir, 'dependency.json'), `${JSON.stringify(summary, null, 2)}\n`);
  write(join(dir, 'questions.jsonl'), questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  progress.say(dependencyText(summary));
  progress.say(`every question with its label: ${join(dir, 'questions.jsonl')} (dependency.json beside it)`);
  if (flags.json !== undefined) {
    write(flags.json, `${JSON.stringify(summary, null, 2)}\n`);
    progress.say(`JSON: ${flags.json}`);
  }
  if (flags.markdown !== undefined) {
    write(flags.markdown, dependencyMarkdown(summary));
    progress.say(`Markdown: ${flags.markdown}`);
  }
  if (flags.html !== undefined) {
    const { dependencyPage } = await import('./report.ts');
    const open = plan.suites.map(({ suite }) => suite);
    write(flags.html, await dependencyPage(summary, questions, open, settings));
    progress.say(`report: ${flags.html}`);
  }
}
