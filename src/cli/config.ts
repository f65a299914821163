import { Command } from 'commander';
import { configYaml } from '../settings/describe.ts';
import { resolveConfig } from '../settings/resolve.ts';
import { layersOf, withSettings } from './settings.ts';

export function configCommand(): Command {
  return withSettings(new Command('config'))
    .description('print all settings as YAML, each with what it means and allows')
    .option('--bare', 'without the comments')
    .action((options: Record<string, unknown>) => {
      const config = resolveConfig(layersOf(options));
      process.stdout.write(configYaml(config, { comments: options.bare !== true, anywhere: true }));
    });
}
