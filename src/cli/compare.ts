import { Command } from 'commander';
import type { CompareFlags } from '../evaluate/compare/start.ts';

export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'hold evaluations against the first of them, question by question, with tests of the differences',
    )
    .argument('<evaluations...>', "two folders that 'papo eval' made, or more")
    .option('--all-pairs', 'hold each against each, not only against the first')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--csv <file>', 'write one line a difference')
    .option('--html <file>', 'write one page with charts, and the questions that changed most')
    .option('--json <file>', 'write every number')
    .option('--seed <seed>', 'of the bootstrap and of permutations that are drawn', '1')
    .action(async (evaluations: string[], flags: CompareFlags) => {
      const { startComparison } = await import('../evaluate/compare/start.ts');
      await startComparison(evaluations, flags, (text) => process.stdout.write(text));
    });
}
