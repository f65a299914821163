/** `papo`: one file a command. What goes wrong through no fault of ours is one line and exit status 1. */
import { Command } from 'commander';
import { PapoError } from '../errors.ts';
import { version } from '../train/version.ts';
import { configCommand } from './config.ts';
import { dataCommand } from './data.ts';
import { maskCommand } from './mask.ts';
import { presetsCommand } from './presets.ts';
import { pretrainCommand } from './pretrain.ts';
import { trainCommand } from './train.ts';

const program = new Command('papo')
  .description('Perception-aware reinforcement learning for vision-language models')
  .version(version())
  .showSuggestionAfterError()
  .showHelpAfterError('(papo --help lists all)');

const commands = [trainCommand, configCommand, presetsCommand, dataCommand, maskCommand, pretrainCommand];
for (const command of commands) program.addCommand(command());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PapoError)) {
    console.error(error);
    process.exit(2);
  }
  process.stderr.write(`papo: ${error.message}\n`);
  process.exit(1);
}
