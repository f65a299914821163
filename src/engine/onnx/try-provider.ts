/** Whether an execution provider of ONNX Runtime can start here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../errors.ts';
import { probeProgram, providerFailure } from '../../tensor/provider.ts';
import type { Executor } from './executor.ts';

/**
 * Before anything is computed or written. A provider is tried in a process of its own: its native code writes to standard
 * error, or ends the process, as it pleases.
 * @throws ConfigError naming what the provider needs
 */
export async function tryProvider(executor: Executor, provider = 'cpu'): Promise<void> {
  if (provider === 'cpu') return;
  const compiled = import.meta.url.endsWith('.js');
  const reason = compiled ? await reasonOfProcess(provider) : await reasonOfExecutor(executor, provider);
  if (reason === undefined) return;
  // A thread that has ended does not answer any more.
  void executor.end().catch(() => {});
  throw new ConfigError(providerFailure(provider, reason));
}

const reasonOfProcess = (provider: string) =>
  new Promise<string | undefined>((resolve) => {
    const probe = fileURLToPath(new URL('./probe.js', import.meta.url));
    execFile(process.execPath, [probe, provider], { timeout: 120_000 }, (error, stdout) => {
      resolve(error ? stdout || `its process ended with ${error.signal ?? error.code}` : undefined);
    });
  });

async function reasonOfExecutor(executor: Executor, provider: string): Promise<string | undefined> {
  try {
    await executor.open(`probe ${provider}`, probeProgram());
    await executor.close(`probe ${provider}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
