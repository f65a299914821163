/** The command as a person runs it, in a process of its own; skipped where `npm run build` has not been run. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeDataset } from '../data/builtin/write.ts';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const built = existsSync(path('dist/cli/main.js'));
const POLICY = path('test/golden/qwen2_5_vl/tiny_tied');

function papo(args: string[], cwd = tmpdir()): { status: number; stdout: string; stderr: string } {
  try {
    const stdout = execFileSync(process.execPath, [path('bin/papo.js'), ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return { status: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { status: number; stdout: string; stderr: string };
  }
}

describe.skipIf(!built)('papo', () => {
  it('prints settings that it takes back', () => {
    const { stdout } = papo(['config', '--preset', 'papo-d', '--set', 'train.steps=7', '--seed', '3']);
    expect(stdout).toContain('# ');
    expect(parse(stdout)).toMatchObject({ preset: 'papo-d', seed: 3, train: { steps: 7 } });
    expect(papo(['config', '--bare']).stdout).not.toContain('# ');
  });

  it('lists the presets with their source', () => {
    const { stdout } = papo(['presets']);
    for (const words of ['papo-g: PAPO on GRPO', 'PAPO paper table 6, row GRPO', 'γ 0.02', 'mask random 0.6'])
      expect(stdout).toContain(words);
  });

  it('ends a wrong setting with one line and status 1', () => {
    const { status, stderr } = papo(['train', '--set', 'objective.gama=1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^papo: --set: objective\.gama: no such key; did you mean objective\.gamma\?[^\n]*\n$/,
    );
    expect(papo(['train', '--steps', 'many']).stderr).toMatch(
      /^papo: --steps: train\.steps: "many" is given/,
    );
    expect(papo(['trian']).stderr).toContain('Did you mean train?');
    expect(papo(['train', '--resume', '/no/run']).stderr).toMatch(/^papo: \/no\/run: holds no run/);
  });

  it('makes rows, equal for equal seeds', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'papo-cli-'));
    const make = (dir: string) =>
      papo(['data', 'make', dir, '--train', '7', '--validation', '0', '--test', '7', '--seed', 'x'], cwd);
    expect(make('a').stdout).toContain('papo train --data a');
    expect(readdirSync(join(cwd, 'a')).sort()).toEqual(['README.md', 'test.parquet', 'train.parquet']);
    const rows = { train: 7, validation: 0, test: 7 };
    for (const file of writeDataset(join(cwd, 'b'), { seed: 'x', rows }))
      expect(readFileSync(join(cwd, 'a', basename(file))).equals(readFileSync(file)), file).toBe(true);
    expect(papo(['data', 'make', 'c', '--dependency', 'total'], cwd).stderr).toBe(
      'papo: --dependency total: allowed is high, medium, low, mixed\n',
    );
    expect(papo(['data', 'make', 'c', '--difficulty', 'harder'], cwd).stderr).toBe(
      'papo: --difficulty harder: allowed is easy, medium, hard, mixed\n',
    );
  });

  it('writes over nothing in a folder that holds something', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'papo-cli-'));
    writeFileSync(join(cwd, 'train.parquet'), 'mine');
    expect(papo(['data', 'make', '.'], cwd).stderr).toBe(
      'papo: .: is not empty; name a new folder for the rows\n',
    );
    expect(readFileSync(join(cwd, 'train.parquet'), 'utf8')).toBe('mine');
    expect(papo(['data', 'make', 'new', '--train', '1e12'], cwd).stderr).toBe(
      'papo: --train 1e12: allowed is a whole number 0 to 1000000\n',
    );
    expect(readdirSync(cwd)).toEqual(['train.parquet']);
  });

  it('names an empty option', () => {
    for (const [args, line] of [
      [['--resume', ''], /^papo: --resume: no run is named[^\n]*\n$/],
      [['--config', ''], /^papo: --config: no file is named[^\n]*\n$/],
    ] as const)
      expect(papo(['train', ...args])).toMatchObject({ status: 1, stderr: expect.stringMatching(line) });
  });

  it.skipIf(process.platform === 'win32')('goes on where nobody reads its output', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'papo-cli-'));
    const command = `'${process.execPath}' '${path('bin/papo.js')}'`;
    const shell = (script: string) =>
      execFileSync('bash', ['-c', script], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    // The reader has gone before the first byte; what stands in the file tells how the command ended.
    const rows = '--train 30 --validation 0 --test 0';
    shell(`(sleep 1; ${command} data make rows ${rows}; echo $? > status) 2> errors | true`);
    expect(readFileSync(join(cwd, 'status'), 'utf8')).toBe('0\n');
    expect(readFileSync(join(cwd, 'errors'), 'utf8')).toBe('');
    shell(`(sleep 1; ${command} train --no-such 2>&1; echo $? > status) | true`);
    expect(readFileSync(join(cwd, 'status'), 'utf8')).toBe('1\n');
    if (existsSync('/dev/full')) {
      const text = shell(`${command} config 2>&1 > /dev/full; echo $?`);
      expect(text).toMatch(
        /^papo: standard output: cannot be written \(ENOSPC\): the disk is full[^\n]*\n1\n$/,
      );
    }
  });

  it('saves at Ctrl-C and says how to go on', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'papo-cli-'));
    const settings = [
      ['--policy', POLICY, '--steps', '5000', '--threads', '1', '--name', 'run'],
      ['--set', 'rollout={prompts: 4, samples: 2, maxTokens: 8}', '--set', 'data.maxPromptTokens=1000'],
      ['--set', 'data.builtin={train: 28, validation: 7, test: 7}', '--set', 'test.samples=1'],
    ].flat();
    const child = spawn(process.execPath, [path('bin/papo.js'), 'train', ...settings], { cwd });
    let text = '';
    let sent = false;
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (sent || !text.includes('step    2/5000')) return;
      sent = true;
      child.kill('SIGINT');
    });
    const status = await new Promise((done) => child.on('exit', done));
    expect(status).toBe(130);
    expect(text).toMatch(/stopped after step \d+, saved in runs\/run\/checkpoints\/step-\d{6}/);
    expect(text).toContain('continue with: papo train --resume runs/run');
    expect(readdirSync(join(cwd, 'runs/run/checkpoints'))).toHaveLength(1);
  });
});
