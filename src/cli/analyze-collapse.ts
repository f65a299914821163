import { Command } from 'commander';
import type { CollapseFlags } from '../evaluate/collapse/start.ts';

export function analyzeCollapseCommand(): Command {
  return new Command('collapse')
    .description('find where a run began to hack KL_prcp, and what changed there')
    .argument('<run>', 'folder of a run, or its metrics alone: metrics.jsonl, also as .jsonl.gz')
    .option('--onset <step>', 'compare at this step in place of the one that is found')
    .option(
      '--judge <url>',
      'OpenAI-compatible server that rates how much answers have to do with their questions',
    )
    .option('--model <name>', 'which model of the judge')
    .option('--responses <n>', 'kept responses of each side that are scored again and judged, at most', '64')
    .option('--no-rescore', 'do not score kept responses again')
    .option(
      '--out <dir>',
      "folder of the judge's ratings (default: evals/collapse-NAME); they are not asked for twice",
    )
    .option('--html <file>', 'write the report as a page')
    .option('--json <file>', 'write the numbers as JSON')
    .action(async (run: string, flags: CollapseFlags) => {
      const { startCollapse } = await import('../evaluate/collapse/start.ts');
      process.exitCode = await startCollapse(run, flags, process.stdout);
    });
}
