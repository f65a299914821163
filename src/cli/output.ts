/** Standard output and standard error of every command. */
import { systemCode, systemFailure } from '../errors.ts';

/** A reader that has gone: `| head`, a closed terminal, a stream that is closed already. */
const UNREAD = ['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

/**
 * Output that nobody reads ends no command: what is written later is lost, the work goes on. Output that was to be kept and
 * cannot be, as on a full disk, is told once, and the status of a command that has no other is 1.
 */
export function keepGoingUnread(): void {
  process.stderr.on('error', () => {});
  let told = false;
  process.stdout.on('error', (error) => {
    if (told || UNREAD.includes(systemCode(error) ?? '')) return;
    told = true;
    process.stderr.write(`papo: standard output: ${systemFailure(error, 'write')}\n`);
    process.exitCode ||= 1;
  });
}
