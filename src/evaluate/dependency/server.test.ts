import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startFakeServer } from '../server/fake-server.testing.ts';
import { startDependency } from './start.ts';
import { VIEWS } from './views.ts';

const dir = mkdtempSync(join(tmpdir(), 'dependency-server-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('a server is asked under every view, without any picture in the blind control, and no question twice', async () => {
  const server = await startFakeServer({
    replies: [{ matching: '', texts: ['<think> so 3 </think> \\boxed{3}'] }],
  });
  const flags = {
    samples: '1',
    greedy: false,
    limit: '3',
    set: [`out="${dir}"`],
    out: join(dir, 'out'),
    html: join(dir, 'd.html'),
  };
  const out: string[] = [];
  const terminal = { write: (text: string) => out.push(text) };
  try {
    expect(await startDependency(server.url, [], flags, terminal)).toBe(0);
    const asked = server.asked();
    const pictures = (text: string) => text.split('<picture>').length - 1;
    expect(asked).toHaveLength(3 * VIEWS.length);
    expect(asked.filter(({ text }) => pictures(text) === 0)).toHaveLength(3);
    expect(asked.filter(({ text }) => text.includes('<image>') || text.includes('[image]'))).toEqual([]);
    expect(out.join('')).toContain('no log-probabilities of given responses');
    await startDependency(server.url, [], flags, terminal);
    expect(server.asked()).toHaveLength(asked.length);
    expect(readFileSync(flags.html, 'utf8')).toContain('Vision dependency');
  } finally {
    await server.stop();
  }
}, 30_000);
