import { Command } from 'commander';
import { layersOf, withSettings } from './settings.ts';

export function trainCommand(): Command {
  return withSettings(new Command('train'))
    .description('train a policy; without options, a policy that comes with papo on built-in tasks')
    .option('-r, --resume <run>', 'go on with a run, such as runs/papo-g-seed1')
    .action(async (options: Record<string, unknown>) => {
      // The engine is loaded by the commands that run one.
      const { startTraining } = await import('../train/start.ts');
      const resume = typeof options.resume === 'string' ? options.resume : undefined;
      process.exitCode = await startTraining({ layers: layersOf(options), resume }, process.stdout);
    });
}
