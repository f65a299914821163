/** `papo`: one file a command. What goes wrong through no fault of ours is one line and exit status 1. */
import { Command } from 'commander';
import { PapoError, quoted, systemCode, systemFailure } from '../errors.ts';
import { dieOf } from '../train/signals.ts';
import { stuckThreads } from '../user/host.ts';
import { version } from '../version.ts';
import { configCommand } from './config.ts';
import { dataCommand } from './data.ts';
import { maskCommand } from './mask.ts';
import { keepGoingUnread } from './output.ts';
import { presetsCommand } from './presets.ts';
import { pretrainCommand } from './pretrain.ts';
import { trainCommand } from './train.ts';

const program = new Command('papo')
  .description('Perception-aware reinforcement learning for vision-language models')
  .version(version())
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(`papo: ${usage(text)}; papo --help lists all\n`) });

const commands = [trainCommand, configCommand, presetsCommand, dataCommand, maskCommand, pretrainCommand];
for (const command of commands) program.addCommand(inherit(command(), program));

function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const inner of command.commands) inherit(inner, command);
  return command;
}

/** What is wrong with a command line: `error: unknown command 'trian'` and its suggestion as one line. */
function usage(text: string): string {
  return new PapoError(quoted(text.replace(/^error: /, '').trim(), 400)).message;
}

keepGoingUnread();
try {
  await program.parseAsync();
} catch (error) {
  const line = lineOf(error);
  if (line === undefined) console.error(error);
  else process.stderr.write(`papo: ${line}\n`);
  process.exitCode = line === undefined ? 2 : 1;
  // What is still computed may come to its end: ONNX Runtime aborts where its thread is taken away. Nothing holds longer.
  setTimeout(() => process.exit(), 5000).unref();
}

/** What a person can mend, in one line; undefined for a fault of ours. */
function lineOf(error: unknown): string | undefined {
  if (error instanceof PapoError) return error.message;
  if (!(error instanceof Error)) return undefined;
  const { syscall, path, message } = error as NodeJS.ErrnoException;
  if (systemCode(error) !== undefined && syscall !== undefined) {
    const reads = ['open', 'read', 'scandir', 'stat', 'lstat', 'access', 'readlink', 'realpath'];
    const why = systemFailure(error, reads.includes(syscall) ? 'read' : 'write');
    return new PapoError(`${path ?? syscall}: ${why}`).message;
  }
  if (/^Array buffer allocation failed/.test(message))
    return 'the memory is used up; lower rollout.prompts, rollout.samples, rollout.maxTokens or engine.microBatchTokens';
  return undefined;
}

// A thread of a user's function that waits for the system would hold an ordinary exit up for ever.
process.on('exit', (status) => {
  if (stuckThreads() > 0) dieOf(status === 130 ? 'SIGINT' : status === 143 ? 'SIGTERM' : 'SIGKILL');
});
