/** Run as a process: opens the smallest program on the provider that is its argument, and prints why that fails. */
import { probeProgram } from '../../tensor/provider.ts';
import { Session } from '../../tensor/session.ts';

try {
  const session = await Session.create(probeProgram(), { provider: process.argv[2] });
  await session.close();
} catch (error) {
  process.stdout.write((error as Error).message);
  process.exitCode = 1;
}
