import { Command } from 'commander';
import type { EvalFlags } from '../evaluate/run/plan.ts';

export function evalCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  return new Command('eval')
    .description('ask a policy the questions of suites, several times each, and keep every answer')
    .argument('<policy>', 'checkpoint, run, builtin:NAME, or the address of a server: http://HOST:PORT/v1')
    .argument(
      '[suites...]',
      'names of suites, folders of rows, or suite files (docs/evaluation.md); default: builtin',
    )
    .option('-n, --samples <n>', 'answers drawn to each question (avg@n); 0: none (default: 8)')
    .option('--no-greedy', 'do not ask for the likeliest answer beside them')
    .option('--limit <n>', 'questions of each suite, the first of it')
    .option('--data <dir>', 'folder that holds the files of the suites')
    .option('--hub', 'fetch suites from the Hugging Face hub, into its cache')
    .option(
      '--as <scoring>',
      'how answers are compared: authors, choices or equal; default: as the suite says',
    )
    .option('--compat <name>', "papo-eval: asked and scored as by the authors' public evaluator")
    .option('--temperature <x>', 'default: that of training; so are the following')
    .option('--top-p <x>', 'nucleus')
    .option('--top-k <n>', 'only of the k likeliest tokens; 0: all')
    .option('--max-tokens <n>', 'longest answer')
    .option('-c, --config <file>', 'settings of a run: how questions are put')
    .option('-s, --set <key=value...>', 'one of them, such as data.maxPixels=589824; can be repeated', more)
    .option('--seed <seed>', 'equal seeds give equal answers here', '1')
    .option('--threads <n>', 'threads of the engine')
    .option('--model <name>', 'which model of a server')
    .option('--parallel <n>', 'requests to a server at once', '8')
    .option('--timeout <seconds>', 'of one request to a server')
    .option(
      '--out <dir>',
      'folder of the evaluation (default: evals/NAME); the same command goes on where it was',
    )
    .action(async (policy: string, suites: string[], flags: EvalFlags) => {
      const { startEvaluation } = await import('../evaluate/run/start.ts');
      process.exitCode = await startEvaluation(policy, suites, flags, process.stdout);
    });
}
