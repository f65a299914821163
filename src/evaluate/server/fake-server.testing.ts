/** Starts, stops and starts again a real server process that answers by a script, and tells what it was asked. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import typescript from 'typescript';
import { OPENING } from './chat.ts';
import type { FakeScript } from './fake-server-process.testing.ts';

export type { FakeScript, Fault } from './fake-server-process.testing.ts';

/** One request as it came. */
export interface Asked {
  /** Milliseconds after the start of the process. */
  at: number;
  path: string;
  /** Texts of all messages, pictures as `<picture>`, joined by line breaks. */
  text: string;
  /** Of a chat request. */
  body?: Record<string, unknown>;
  headers: Record<string, string>;
  /** Whether it had a key. */
  signed: boolean;
}

export interface FakeServer {
  /** Base address, with /v1. */
  readonly url: string;
  /** Chat requests from the first start on, but that of opening the server. */
  asked(): Asked[];
  /** All requests. */
  everything(): Asked[];
  /** Ends the process at once. */
  stop(): Promise<void>;
  /** Starts it again at the same address, with another script where one is given. */
  start(script?: FakeScript): Promise<void>;
}

/** The process is ended with the test's; no build is needed. */
export async function startFakeServer(script: FakeScript = {}): Promise<FakeServer> {
  const dir = mkdtempSync(join(tmpdir(), 'papo-server-'));
  const [program, scriptFile, asked] = ['server.mjs', 'script.json', 'asked.jsonl'].map((f) => join(dir, f));
  const source = readFileSync(join(import.meta.dirname, 'fake-server-process.testing.ts'), 'utf8');
  const { module, target } = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 };
  writeFileSync(
    program,
    typescript.transpileModule(source, { compilerOptions: { module, target } }).outputText,
  );
  let child: ChildProcess | undefined;
  let port = 0;
  const start = async (given: FakeScript) => {
    writeFileSync(scriptFile, JSON.stringify({ opening: OPENING, ...given }));
    // The channel ends the process when the test's does.
    child = spawn(process.execPath, [program, scriptFile, asked, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const { stdout } = child;
    port = await new Promise<number>((resolve, reject) => {
      stdout?.once('data', (line: Buffer) => resolve(Number(line.toString())));
      child?.once('error', reject);
      child?.once('exit', (code) => reject(new Error(`the fake server ended (${code})`)));
    });
    child.unref();
    child.channel?.unref();
    (stdout as unknown as { unref?: () => void } | null)?.unref?.();
  };
  const everything = () =>
    existsSync(asked)
      ? readFileSync(asked, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Asked)
      : [];
  let current = script;
  await start(current);
  return {
    get url() {
      return `http://127.0.0.1:${port}/v1`;
    },
    asked: () =>
      everything().filter(
        ({ path, text }) => path.endsWith('/chat/completions') && !text.startsWith(OPENING),
      ),
    everything,
    async stop() {
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGKILL');
      await ended;
    },
    async start(next) {
      current = next ?? current;
      await start(current);
    },
  };
}
