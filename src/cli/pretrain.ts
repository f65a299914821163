import { Command } from 'commander';
import type { PretrainFlags } from '../pretrain/start.ts';

export function pretrainCommand(): Command {
  return new Command('pretrain')
    .description('make a base policy from nothing: supervised, on the built-in tasks')
    .argument('<dir>', 'folder to write the policy to')
    .option('--seed <seed>', 'of the first parameters and the examples')
    .option('--steps <n>', 'most steps')
    .option('--until <share>', 'stop at this validation accuracy, 0 to 1')
    .option('--threads <n>', 'threads of the engine')
    .action(async (dir: string, options: PretrainFlags) => {
      const { startPretraining } = await import('../pretrain/start.ts');
      await startPretraining(dir, options, process.stdout);
    });
}
