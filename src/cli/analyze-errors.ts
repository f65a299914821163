import { Command } from 'commander';
import type { ErrorFlags } from '../evaluate/errors/start.ts';

export function analyzeErrorsCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  return new Command('errors')
    .description(
      'sort wrong answers into perception, reasoning, calculation and inconsistency: by program for built-in tasks, by a judge model, by a person',
    )
    .argument(
      '<evaluations...>',
      'folders that papo eval made, or policies, which are asked the built-in questions; several: before and after',
    )
    .option(
      '--judge <address>',
      'of a model that sees, behind an OpenAI-compatible server: http://HOST:PORT/v1',
    )
    .option('--judge-model <name>', 'which model of that server')
    .option('--judge-temperature <x>', 'at which it is asked', '1')
    .option('--judge-max-tokens <n>', 'longest judgement', '2048')
    .option('--repeats <n>', 'judgements of each answer; the majority counts', '3')
    .option('--parallel <n>', 'requests to the judge at once', '8')
    .option('--timeout <seconds>', 'of one request to the judge')
    .option('--limit <n>', 'wrong answers of the first evaluation that a judge or a person sorts', '200')
    .option('--seed <seed>', 'which these are', '1')
    .option('--sheet <file.csv>', 'write them for a person to sort, with a page with pictures beside')
    .option('--labels <file.csv>', 'a sheet that a person sorted; can be repeated', more)
    .option('--data <dir>', 'folder that holds the files of the suites')
    .option('-n, --samples <n>', 'answers to each question, where a policy is named', '8')
    .option('--questions <n>', 'built-in questions that it is asked, the first of them')
    .option('--html <file>', 'write a page with bars and examples')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--json <file>', 'write everything as JSON')
    .action(async (evaluations: string[], flags: ErrorFlags) => {
      const { startErrors } = await import('../evaluate/errors/start.ts');
      process.exitCode = await startErrors(evaluations, flags, process.stdout);
    });
}
