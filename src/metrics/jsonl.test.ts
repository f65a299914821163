import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, RunError } from '../errors.ts';
import { type JsonLine, JsonlWriter, keepLines, readJsonl } from './jsonl.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'papo-metrics-'));

describe('JSON lines', () => {
  it('are whole after every write, and go on after a torn last line', () => {
    const path = join(folder(), 'metrics.jsonl');
    const first = new JsonlWriter(path);
    first.write({ step: 1, text: 'π "and"\nmore' });
    expect(readJsonl(path)).toEqual([{ step: 1, text: 'π "and"\nmore' }]);
    first.close();
    appendFileSync(path, '{"step": 2, "rew');
    expect(readJsonl(path)).toHaveLength(1);
    const second = new JsonlWriter(path);
    second.write({ step: 2, value: Number.NaN });
    second.sync();
    second.close();
    expect(readJsonl(path)).toEqual([
      { step: 1, text: 'π "and"\nmore' },
      { step: 2, value: null },
    ]);
  });

  it('lose the lines that are not kept', () => {
    const path = join(folder(), 'metrics.jsonl');
    const writer = new JsonlWriter(path);
    for (const step of [0, 1, 2, 3]) writer.write({ step });
    writer.close();
    keepLines(path, (line) => Number(line.step) <= 1);
    expect(readJsonl(path)).toEqual([{ step: 0 }, { step: 1 }]);
    keepLines(join(folder(), 'none.jsonl'), () => true);
    expect(readJsonl(join(folder(), 'none.jsonl'))).toEqual([]);
  });

  it('lose those in the middle that are not kept, and what a failing machine left behind them', () => {
    const path = join(folder(), 'metrics.jsonl');
    const steps = [1, 2, 2, 3, 3, 4];
    writeFileSync(path, `${steps.map((step) => `{"step":${step}}\n`).join('')}\0\0\0\n{"step":5}\n`);
    const seen = new Set<unknown>();
    const once = ({ step }: JsonLine) => Number(step) <= 4 && !seen.has(step) && !!seen.add(step);
    expect(() =>
      keepLines(
        path,
        () => true,
        (last) => last?.step === 5,
      ),
    ).toThrow('line 7 is not JSON');
    keepLines(path, once, (last) => last?.step === 4);
    expect(readJsonl(path).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('are read in pieces, a torn end of any length is dropped', () => {
    const path = join(folder(), 'metrics.jsonl');
    const lines = Array.from({ length: 5 }, (_, i) => ({ i, text: 'ä'.repeat(300_000 + i) }));
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(readJsonl(path)).toEqual(lines);
    appendFileSync(path, '{'.repeat(3_000_000));
    const writer = new JsonlWriter(path);
    writer.write({ i: 5 });
    writer.close();
    expect(readJsonl(path)).toEqual([...lines, { i: 5 }]);
    writeFileSync(path, 'torn');
    new JsonlWriter(path).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('are not written to a file that is gone', () => {
    const path = join(folder(), 'metrics.jsonl');
    const writer = new JsonlWriter(path);
    writer.write({ step: 1 });
    renameSync(path, `${path}.old`);
    expect(() => writer.write({ step: 2 })).toThrow(RunError);
    rmSync(`${path}.old`);
    writeFileSync(path, '');
    expect(() => writer.write({ step: 2 })).toThrow(/was removed or moved while the run was writing it/);
    writer.close();
  });

  it('name the file and the line that is not JSON', () => {
    const path = join(folder(), 'metrics.jsonl');
    writeFileSync(path, '{"step":1}\nhello\n{"step":2}\n');
    expect(() => readJsonl(path)).toThrow(`${path}: line 2 is not JSON`);
    writeFileSync(path, '[1]\n');
    expect(() => readJsonl(path)).toThrow('line 1 is not a JSON object');
  });

  it.skipIf(process.platform !== 'linux')('say that the disk is full', () => {
    const path = join(folder(), 'metrics.jsonl');
    symlinkSync('/dev/full', path);
    expect(() => new JsonlWriter(path).write({ step: 1 })).toThrow(DataError);
    expect(() => new JsonlWriter(path).write({ step: 1 })).toThrow(/the disk is full/);
    expect(() => new JsonlWriter(join(folder(), 'no', 'folder.jsonl'))).toThrow(
      /the folder that it would lie in does not exist/,
    );
  });
});
