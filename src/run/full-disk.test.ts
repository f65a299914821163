/** A disk of a few kilobytes, really full: a tmpfs that grows a little each time. Needs the right to mount. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PapoError } from '../errors.ts';
import { fakeRun, samplesOf, steadyMetrics, tempDir } from '../train/loop.testing.ts';
import { resumeRun } from './folder.ts';

const disk = tempDir();
const mount = (options: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0;
const umount = () => spawnSync('umount', [disk]).status === 0;
const canMount = process.platform === 'linux' && mount('size=16k') && umount();

describe.skipIf(!canMount)('on a full disk', () => {
  beforeAll(() => void mount('size=16k'));
  afterAll(() => void umount());

  it('a run ends in one line wherever that is, and goes on to the same files when there is space', async () => {
    const set = [
      'rollout={prompts: 2, samples: 4}',
      'train.steps=6',
      'test={rows: 4, samples: 1}',
      'checkpoint.every=2',
    ];
    const whole = await fakeRun({ set });
    const dir = join(disk, 'run');
    const faults: string[] = [];
    let done = false;
    for (let size = 24; !done; size += 12) {
      mount(`remount,size=${size}k`);
      const resume = existsSync(dir);
      try {
        await fakeRun({ dir, resume, set: resume ? [] : set });
        done = true;
      } catch (error) {
        expect(error).toBeInstanceOf(PapoError);
        const { message } = error as PapoError;
        expect(message).toMatch(/^\S+: .*the disk is full; free some space/);
        faults.push(message.slice(dir.length + 1).replace(/:.*/, ''));
        // A run that has not trained a step leaves nothing in the way.
        expect(existsSync(dir) ? readdirSync(dir) : []).not.toContain('lock-1');
      }
    }
    expect(new Set(faults).size).toBeGreaterThan(2);
    expect(steadyMetrics(dir)).toEqual(steadyMetrics(whole.dir));
    expect(samplesOf(dir)).toEqual(samplesOf(whole.dir));
    mount('remount,ro');
    await expect(resumeRun(dir, [])).rejects.toThrow(
      `${dir}: cannot be written (EROFS): the file system is read-only; copy the run to where you may write, and resume that`,
    );
    await expect(fakeRun({ dir: join(disk, 'other') })).rejects.toThrow(/other: cannot be written \(EROFS\)/);
  });
});
