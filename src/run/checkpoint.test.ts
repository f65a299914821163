import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointError, RunError } from '../errors.ts';
import { resolveConfig } from '../settings/resolve.ts';
import { FakeEngine } from '../train/fake-engine.testing.ts';
import { fakeRun, steadyMetrics, tempDir } from '../train/loop.testing.ts';
import { firstState } from '../train/loop.ts';
import { CheckpointStore } from './checkpoint.ts';

const stateAt = (step: number) => ({ ...firstState(resolveConfig([]), 'hash', 40), step });

const never = (text: string) => expect.fail(text);

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
    const dir = join(store.dir, 'step-000040');
    expect(store.newest()).toEqual({ step: 40, dir });
    expect(await store.newestSound(never)).toEqual({ step: 40, dir, state: stateAt(40) });
    // What `sha256sum` says of the file.
    const { files } = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'));
    const bytes = readFileSync(join(dir, 'table.json'));
    expect(files).toEqual({
      'table.json': { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'that does not fit on the disk leaves nothing behind and no other one touched',
    async () => {
      const store = new CheckpointStore(tempDir());
      await store.save(new FakeEngine(), stateAt(1));
      const before = tree(store.dir);
      await expect(store.save(new FullDisk(), stateAt(2))).rejects.toThrow(
        /step-000002: the checkpoint could not be saved: it cannot be written \(ENOSPC\): the disk is full; free some space [^;]*; the checkpoint of step 1 is untouched$/,
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
      /step-000003: the checkpoint could not be saved: model\.safetensors: cannot be written: no more; there is no earlier checkpoint$/,
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

  it('of which any bit flipped is passed over for the one before', async () => {
    const store = new CheckpointStore(tempDir());
    await store.save(new FakeEngine(), stateAt(1));
    const dir = await store.save(new FakeEngine(), stateAt(2));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('table.json', 'state.json'),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 7 }),
        async (name, at, bit) => {
          const path = join(dir, name);
          const bytes = readFileSync(path);
          const place = Math.floor(at * bytes.length);
          // White space of state.json says nothing.
          fc.pre(!' \n'.includes(String.fromCharCode(bytes[place])));
          const flipped = Buffer.from(bytes);
          flipped[place] ^= 1 << bit;
          writeFileSync(path, flipped);
          const said: string[] = [];
          const found = await store.newestSound((text) => said.push(text));
          expect(found).toMatchObject({ step: 1, state: stateAt(1) });
          expect(said).toHaveLength(1);
          expect(said[0]).toMatch(/step-000002 is damaged and passed over: .*; going on from step 1$/);
          renameSync(join(store.dir, 'damaged-step-000002'), dir);
          writeFileSync(path, bytes);
        },
      ),
      { numRuns: 40 },
    );
    expect(await store.newestSound(never)).toMatchObject({ step: 2 });
  });

  const replace = (path: string, make: (path: string) => unknown) => {
    rmSync(path, { recursive: true });
    make(path);
  };
  const copyOfFirst = (dir: string) =>
    replace(dir, (to) => cpSync(join(dirname(to), 'step-000001'), to, { recursive: true }));

  it.each([
    ['a file is missing', (dir: string) => rmSync(join(dir, 'table.json')), 'table.json is missing'],
    ['a file is cut short', (dir: string) => truncateSync(join(dir, 'table.json'), 9), 'has 9 bytes and not'],
    ['its state is missing', (dir: string) => rmSync(join(dir, 'state.json')), 'state.json is missing'],
    ['its state is empty', (dir: string) => truncateSync(join(dir, 'state.json')), 'state.json is not JSON'],
    ['it is a file', (dir: string) => replace(dir, (to) => writeFileSync(to, '')), 'it is a file'],
    ['its state is a folder', (dir: string) => replace(join(dir, 'state.json'), mkdirSync), 'is a folder'],
    ['it is a copy of another', copyOfFirst, 'it was saved after step 1'],
    ['it is empty', (dir: string) => readdirSync(dir).forEach((n) => void rmSync(join(dir, n))), 'missing'],
  ])('is passed over where %s, and made again', async (_, damage, words) => {
    const store = new CheckpointStore(tempDir());
    for (const step of [1, 2, 3]) await store.save(new FakeEngine(), stateAt(step));
    const before = tree(store.pathOf(3));
    for (const step of [2, 3]) damage(store.pathOf(step));
    const said: string[] = [];
    expect(await store.newestSound((text) => said.push(text))).toMatchObject({ step: 1 });
    expect(said).toHaveLength(2);
    expect(said[0]).toContain(words);
    expect(readdirSync(store.dir).sort()).toEqual([
      'damaged-step-000002',
      'damaged-step-000003',
      'step-000001',
    ]);
    await store.save(new FakeEngine(), stateAt(3));
    expect(tree(store.pathOf(3))).toEqual(before);
    expect(readdirSync(store.dir).sort()).toEqual(['step-000001', 'step-000003']);
  });

  it('that is the only one and damaged ends in words, and stays', async () => {
    const store = new CheckpointStore(tempDir());
    expect(await store.newestSound(never)).toBeUndefined();
    const dir = await store.save(new FakeEngine(), stateAt(1));
    rmSync(join(dir, 'table.json'));
    await expect(store.newestSound(never)).rejects.toThrow(
      `${dir}: the only checkpoint is damaged: table.json is missing; start a new run with --name`,
    );
    expect(store.list()).toHaveLength(1);
  });

  it('of an earlier version, which has no checksums, is read', async () => {
    const store = new CheckpointStore(tempDir());
    const dir = await store.save(new FakeEngine(), stateAt(1));
    writeFileSync(join(dir, 'state.json'), JSON.stringify(stateAt(1), null, 2));
    expect(await store.newestSound(never)).toMatchObject({ step: 1, state: stateAt(1) });
  });

  it('of a step that is there gets the newer state, and is whole', async () => {
    const store = new CheckpointStore(tempDir());
    await store.save(new FakeEngine(), stateAt(4));
    const state = { ...stateAt(4), best: { step: 4, accuracy: 0.5 } };
    await store.save(new FakeEngine(), state);
    expect(await store.newestSound(never)).toMatchObject({ step: 4, state });
  });

  it('does not make the folder of a run that is gone', async () => {
    const run = tempDir();
    const store = new CheckpointStore(run);
    rmSync(run, { recursive: true });
    await expect(store.save(new FakeEngine(), stateAt(1))).rejects.toThrow(RunError);
    await expect(store.save(new FakeEngine(), stateAt(1))).rejects.toThrow(
      `${run}: the run's folder was removed or moved`,
    );
    expect(existsSync(run)).toBe(false);
  });

  it('is pruned by age, but for the best', async () => {
    const store = new CheckpointStore(tempDir());
    for (const step of [1, 2, 3, 4, 5]) await store.save(new FakeEngine(), stateAt(step));
    store.prune(2, 2);
    expect(store.list().map(({ step }) => step)).toEqual([2, 4, 5]);
  });
});
