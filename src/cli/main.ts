/** `papo`: one file a command. What goes wrong through no fault of ours is one line and exit status 1. */
import { Command } from 'commander';
import { PapoError } from '../errors.ts';
import { dieOf } from '../train/signals.ts';
import { version } from '../train/version.ts';
import { stuckThreads } from '../user/host.ts';
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
  if (error instanceof PapoError) process.stderr.write(`papo: ${error.message}\n`);
  else console.error(error);
  process.exitCode = error instanceof PapoError ? 1 : 2;
  // What is still computed may come to its end: ONNX Runtime aborts where its thread is taken away. Nothing holds longer.
  setTimeout(() => process.exit(), 5000).unref();
}

// A thread of a user's function that waits for the system would hold an ordinary exit up for ever.
process.on('exit', (status) => {
  if (stuckThreads() > 0) dieOf(status === 130 ? 'SIGINT' : status === 143 ? 'SIGTERM' : 'SIGKILL');
});
