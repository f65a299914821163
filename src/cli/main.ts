/** `papo`: what goes wrong through no fault of ours is one line and exit status 1. */
import { PapoError, systemCode, systemFailure } from '../errors.ts';
import { keepGoingUnread } from './output.ts';

keepGoingUnread();
try {
  // Loaded here, so that a system that lets too few files be open is one line as well; and in two parts, as Node opens all
  // files of a part at once.
  await import('zod');
  const { runProgram } = await import('./program.ts');
  await runProgram();
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
