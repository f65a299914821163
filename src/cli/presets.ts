import { Command } from 'commander';
import { presetsText } from '../settings/presets-text.ts';

export function presetsCommand(): Command {
  return new Command('presets')
    .description('list the named objectives, their values and where these come from')
    .action(() => {
      process.stdout.write(presetsText());
    });
}
