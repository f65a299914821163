/** The commands of `papo`, one file each. */
import { Command } from 'commander';
import { PapoError, quoted } from '../errors.ts';
import { dieOf } from '../train/signals.ts';
import { stuckThreads } from '../user/host.ts';
import { version } from '../version.ts';
import { analyzeCommand } from './analyze.ts';
import { askCommand } from './ask.ts';
import { compareCommand } from './compare.ts';
import { configCommand } from './config.ts';
import { dataCommand } from './data.ts';
import { evalCommand } from './eval.ts';
import { maskCommand } from './mask.ts';
import { presetsCommand } from './presets.ts';
import { pretrainCommand } from './pretrain.ts';
import { trainCommand } from './train.ts';

/** Carries out the command line of this process. @throws what the command throws */
export async function runProgram(): Promise<void> {
  const program = new Command('papo')
    .description('Perception-aware reinforcement learning for vision-language models')
    .version(version())
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) => write(`papo: ${usage(text)}; papo --help lists all\n`),
    });
  const commands = [
    trainCommand,
    configCommand,
    presetsCommand,
    dataCommand,
    maskCommand,
    pretrainCommand,
    evalCommand,
    compareCommand,
    analyzeCommand,
    askCommand,
  ];
  for (const command of commands) program.addCommand(inherit(command(), program));
  // A thread of a user's function that waits for the system would hold an ordinary exit up for ever.
  process.on('exit', (status) => {
    if (stuckThreads() > 0) dieOf(status === 130 ? 'SIGINT' : status === 143 ? 'SIGTERM' : 'SIGKILL');
  });
  await program.parseAsync();
}

function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const inner of command.commands) inherit(inner, command);
  return command;
}

/** What is wrong with a command line: `error: unknown command 'trian'` and its suggestion as one line. */
function usage(text: string): string {
  return new PapoError(quoted(text.replace(/^error: /, '').trim(), 400)).message;
}
