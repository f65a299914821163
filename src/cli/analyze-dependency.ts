import { Command } from 'commander';
import type { DependencyFlags } from '../evaluate/dependency/start.ts';

export function analyzeDependencyCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  return new Command('dependency')
    .description('measure how much a policy, and the questions of suites, need the picture')
    .argument('<policy>', 'as in papo eval: checkpoint, run, builtin:NAME, or the address of a server')
    .argument('[suites...]', 'as in papo eval; default: builtin')
    .option('-n, --samples <n>', 'answers drawn to each question under each view', '8')
    .option('--no-greedy', 'do not ask for the likeliest answer beside them')
    .option(
      '--views <names>',
      'masked, blank and other, separated by commas: those to ask beside original and none',
    )
    .option('--text-only <policy>', 'language model alone, for the leak; as the policy is named')
    .option('--no-score', 'do not score right responses under the views')
    .option('--limit <n>', 'questions of each suite, the first of it')
    .option('--data <dir>', 'folder that holds the files of the suites')
    .option('--hub', 'fetch suites from the Hugging Face hub, into its cache')
    .option('--as <scoring>', 'how answers are compared; default: as the suite says')
    .option('--temperature <x>', 'default: that of training; so are the following')
    .option('--top-p <x>', 'nucleus')
    .option('--top-k <n>', 'only of the k likeliest tokens; 0: all')
    .option('--max-tokens <n>', 'longest answer')
    .option('-c, --config <file>', 'settings of a run: how questions are put, and the mask')
    .option('-s, --set <key=value...>', 'one of them, such as mask.ratio=0.8; can be repeated', more)
    .option('--seed <seed>', 'equal seeds give equal views, and equal answers here', '1')
    .option('--threads <n>', 'threads of the engine')
    .option('--model <name>', 'which model of a server')
    .option('--parallel <n>', 'requests to a server at once', '8')
    .option('--timeout <seconds>', 'of one request to a server')
    .option('--out <dir>', 'folder of the answers (default: evals/dependency-NAME); the same command goes on')
    .option('--html <file>', 'write the report as a page')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--json <file>', 'write the numbers as JSON')
    .action(async (policy: string, suites: string[], flags: DependencyFlags) => {
      const { startDependency } = await import('../evaluate/dependency/start.ts');
      process.exitCode = await startDependency(policy, suites, flags, process.stdout);
    });
}
