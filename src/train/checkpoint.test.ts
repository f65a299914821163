import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { CheckpointStore } from './checkpoint.ts';
import { FakeEngine } from './fake-engine.testing.ts';
import { fakeRun, steadyMetrics, tempDir } from './loop.testing.ts';
import { firstState } from './loop.ts';
import { resolveConfig } from './settings.ts';

const stateAt = (step: number) => ({ ...firstState(resolveConfig([]), 'hash', 40), step });

/** Everything under a folder with its bytes. */
const tree = (dir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path, readFileSync(path, 'latin1')];
      }),
  );

/** Fails like a full disk, with half of the files written: /dev/full refuses every byte. */
class FullDisk extends FakeEngine {
  override async save(dir: string): Promise<void> {
    writeFileSync(join(dir, 'config.json'), '{}');
    symlinkSync('/dev/full', join(dir, 'table.json'));
    await super.save(dir);
  }
}

describe('a checkpoint', () => {
  it('holds its state', async () => {
    const store = new CheckpointStore(tempDir());
    await store.save(new FakeEngine(), stateAt(40));
    const newest = store.newest()!;
    expect(newest).toEqual({ step: 40, dir: join(store.dir, 'step-000040') });
    expect(store.readState(newest)).toEqual(stateAt(40));
  });

  it.skipIf(process.platform !== 'linux')(
    'that does not fit on the disk leaves nothing behind and no other one touched',
    async () => {
      const store = new CheckpointStore(tempDir());
      await store.save(new FakeEngine(), stateAt(1));
      const before = tree(store.dir);
      await expect(store.save(new FullDisk(), stateAt(2))).rejects.toThrow(
        /step-000002: the checkpoint could not be saved: the disk is full; free some space; earlier checkpoints are untouched, continue from them with --resume$/,
      );
      expect(tree(store.dir)).toEqual(before);
      expect(readdirSync(store.dir)).toEqual(['step-000001']);
    },
  );

  it('fails in one line, whatever the reason', async () => {
    const engine = new FakeEngine();
    engine.save = async (dir) => {
      throw new CheckpointError(`${dir}/model.safetensors: cannot be written: no\nmore`);
    };
    const error = await new CheckpointStore(tempDir()).save(engine, stateAt(3)).catch((e: Error) => e);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(
      /step-000003: the checkpoint could not be saved: model\.safetensors: cannot be written: no more; earlier[^\n]+$/,
    );
  });

  it('ends the run where it cannot be saved, and the run can be taken up', async () => {
    const whole = await fakeRun();
    const dir = tempDir();
    const engine = new FakeEngine();
    const save = engine.save.bind(engine);
    engine.save = async (to) => {
      if (to.endsWith('8')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      await save(to);
    };
    await expect(fakeRun({ dir, engine })).rejects.toThrow('the disk is full');
    expect(readdirSync(join(dir, 'checkpoints'))).toEqual(['step-000004']);
    await fakeRun({ dir, resume: true });
    expect(steadyMetrics(dir)).toEqual(steadyMetrics(whole.dir));
  });

  it('that a killed run left half written is swept away and never taken for one', async () => {
    const store = new CheckpointStore(tempDir());
    mkdirSync(join(store.dir, '.saving-step-7'), { recursive: true });
    writeFileSync(join(store.dir, '.saving-step-7', 'model.safetensors'), 'half');
    expect(store.newest()).toBeUndefined();
    store.sweep();
    expect(readdirSync(store.dir)).toEqual([]);
  });

  it('with a damaged state says which file, and what to do', async () => {
    const store = new CheckpointStore(tempDir());
    const dir = await store.save(new FakeEngine(), stateAt(1));
    writeFileSync(join(dir, 'state.json'), '{"version": 1, "step": "one"}');
    expect(() => store.readState(store.newest()!)).toThrow(
      /state\.json: step: .*; remove .*step-000001 to continue/,
    );
    writeFileSync(join(dir, 'state.json'), '{');
    expect(() => store.readState(store.newest()!)).toThrow(/state\.json: missing or not JSON/);
  });

  it('is pruned by age, but for the best', async () => {
    const store = new CheckpointStore(tempDir());
    for (const step of [1, 2, 3, 4, 5]) await store.save(new FakeEngine(), stateAt(step));
    store.prune(2, 2);
    expect(store.list().map(({ step }) => step)).toEqual([2, 4, 5]);
  });
});
