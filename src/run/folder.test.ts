import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RunError } from '../errors.ts';
import { makeBuiltin } from '../rollout/data.ts';
import { setLayer } from '../settings/resolve.ts';
import { FakeEngine } from '../train/fake-engine.testing.ts';
import { fakeRun, tempDir } from '../train/loop.testing.ts';
import { beginRun, configHash, resumeRun } from './folder.ts';
import { type Holder, RunLock } from './lock.ts';

const built = (name: string) => fileURLToPath(new URL(`../../dist/run/${name}`, import.meta.url));
const begin = (out: string, ...set: string[]) => beginRun([`out=${out}`, ...set].map(setLayer));

/** A run with one step done. */
function begun(out: string, ...set: string[]) {
  const folder = begin(out, ...set);
  folder.claim();
  writeFileSync(join(folder.dir, 'metrics.jsonl'), '{"kind":"step","step":1}\n');
  folder.leave();
  return folder.dir;
}

describe('the name of a run', () => {
  it('that is derived is the first that is free', () => {
    const out = join(tempDir(), 'deep', 'runs');
    expect(begun(out)).toBe(join(out, 'papo-g-seed1'));
    expect(begun(out)).toBe(join(out, 'papo-g-seed1-2'));
    writeFileSync(join(out, 'papo-g-seed1-3'), 'a file');
    expect(begun(out)).toBe(join(out, 'papo-g-seed1-4'));
    expect(begun(out, 'seed=2')).toBe(join(out, 'papo-g-seed2'));
    expect(readFileSync(join(out, 'papo-g-seed1-4', 'config.yaml'), 'utf8')).toContain(
      'name: papo-g-seed1-4',
    );
  });

  it('is another for each of several starts', () => {
    const out = tempDir();
    const folders = [begin(out), begin(out), begin(out)];
    for (const folder of folders) folder.claim();
    expect(new Set(folders.map(({ dir }) => dir)).size).toBe(3);
    for (const folder of folders) folder.leave();
  });

  it('that is given is refused where there is a run, and where one is going on', () => {
    const out = tempDir();
    const dir = begun(out, 'name=mine');
    expect(() => begin(out, 'name=mine')).toThrow(
      `${dir}: this run exists; continue it with 'papo train --resume ${dir}', or start another with another --name`,
    );
    const [first, second] = [begin(out, 'name=new'), begin(out, 'name=new')];
    first.claim();
    expect(() => second.claim()).toThrow();
    expect(() => begin(out, 'name=new')).toThrow(
      `process ${process.pid} on this machine works in this run since`,
    );
    first.leave();
  });

  it('is free again where nothing was trained, and where a killed start left nothing but its lock', () => {
    const out = tempDir();
    const folder = begin(out);
    folder.claim();
    expect(existsSync(folder.dir)).toBe(true);
    expect(folder.leave()).toBeUndefined();
    expect(readdirSync(out)).toEqual([]);
    const dir = join(out, 'papo-g-seed1');
    mkdirSync(dir);
    writeFileSync(join(dir, 'lock-3'), JSON.stringify({ ...here, started: '1' }));
    writeFileSync(join(dir, '.lock-draft'), '');
    writeFileSync(join(dir, 'config.yaml.partial'), 'na');
    expect(begun(out)).toBe(dir);
    expect(readdirSync(dir).sort()).toEqual(['config.yaml', 'metrics.jsonl']);
  });

  it.each(['sample', 'step'])('is free again where the first %s fails', async (verb) => {
    const dir = join(tempDir(), 'run');
    const engine = new FakeEngine();
    engine.before = (called) => {
      if (called === verb) throw new Error('no luck');
    };
    await expect(fakeRun({ dir, engine })).rejects.toThrow('no luck');
    expect(existsSync(dir)).toBe(false);
  });

  it('may be that of an empty folder', () => {
    const out = tempDir();
    mkdirSync(join(out, 'mine'));
    expect(begun(out, 'name=mine')).toBe(join(out, 'mine'));
  });
});

describe('a folder that is taken up', () => {
  it('is named in many ways', async () => {
    const out = tempDir();
    const dir = begun(out);
    for (const given of [`${dir}/`, `${dir}//`, `${out}/./papo-g-seed1`, join(dir, 'checkpoints', '..')]) {
      const folder = await resumeRun(given, []);
      expect(folder.dir, given).toBe(dir);
      expect(folder.leave()).toBe(`continue with: papo train --resume ${dir}`);
    }
    await expect(resumeRun('', [])).rejects.toThrow('--resume: no run is named; give its folder');
    await expect(resumeRun(out, [])).rejects.toThrow('holds no run (config.yaml is missing)');
  });

  it('is refused while another process works in it', async () => {
    const dir = begun(tempDir());
    const folder = await resumeRun(dir, []);
    await expect(resumeRun(dir, [])).rejects.toThrow(RunError);
    folder.leave();
    await expect(resumeRun(dir, [setLayer('objective.gamma=3')])).rejects.toThrow(
      'would change in the middle',
    );
    // A refusal leaves no lock behind.
    (await resumeRun(dir, [])).leave();
    expect(readdirSync(dir).sort()).toEqual(['config.yaml', 'metrics.jsonl']);
  });

  it('loses what a killed run left half written', async () => {
    const dir = begun(tempDir());
    mkdirSync(join(dir, 'checkpoints', '.saving-step-3'), { recursive: true });
    mkdirSync(join(dir, 'checkpoints', '.removing-step-1'));
    writeFileSync(join(dir, 'config.yaml.partial'), 'na');
    (await resumeRun(dir, [])).leave();
    expect(readdirSync(dir).sort()).toEqual(['checkpoints', 'config.yaml', 'metrics.jsonl']);
    expect(readdirSync(join(dir, 'checkpoints'))).toEqual([]);
  });

  it.each([
    ['step 6', 'sample', 17],
    ['the last save', 'save', 3],
  ])('ends with an error where it is removed while a run goes on: at %s', async (_, verb, n) => {
    const dir = join(tempDir(), 'run');
    const engine = new FakeEngine();
    let calls = 0;
    engine.before = (called) => {
      if (called === verb && ++calls === n) rmSync(dir, { recursive: true });
    };
    await expect(fakeRun({ dir, engine })).rejects.toThrow(/was removed or moved while the run was/);
    expect(calls).toBeGreaterThanOrEqual(n);
    expect(existsSync(dir)).toBe(false);
  });
});

const alive = RunLock.take(tempDir());
const here: Holder = JSON.parse(readFileSync(alive.path, 'utf8'));

describe('the lock of a run', () => {
  const locked = (holder: Partial<Holder>) => {
    const dir = tempDir();
    writeFileSync(join(dir, 'lock-7'), JSON.stringify({ ...here, ...holder }));
    return dir;
  };
  const takes = (dir: string) => {
    const lock = RunLock.take(dir);
    expect(readdirSync(dir)).toEqual(['lock-8']);
    expect(JSON.parse(readFileSync(lock.path, 'utf8')).pid).toBe(process.pid);
    lock.release();
    expect(readdirSync(dir)).toEqual([]);
  };

  it('is held by one, who is named, and given back', () => {
    const dir = tempDir();
    const lock = RunLock.take(dir);
    const time = new Date().toISOString().slice(0, 10);
    expect(() => RunLock.take(dir)).toThrow(
      `${dir}: process ${process.pid} on this machine works in this run since ${time}`,
    );
    expect(() => RunLock.take(dir)).toThrow(`stop it with: kill ${process.pid}`);
    lock.release();
    RunLock.take(dir).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of a process that is killed is taken over', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)']);
    const dir = locked({ pid: child.pid, started: null });
    expect(() => RunLock.take(dir)).toThrow(`process ${child.pid} `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    takes(dir);
  });

  it('is taken over where the number of the process is used again, or the machine has started anew', () => {
    if (here.started !== null) takes(locked({ started: `${Number(here.started) - 1}` }));
    if (here.boot !== null) takes(locked({ boot: 'another' }));
    takes(locked({ boot: null, since: '2001-01-01T00:00:00.000Z' }));
  });

  it('of a machine or a container that cannot be seen stays, and the words say how to be rid of it', () => {
    for (const other of [{ host: 'elsewhere' }, { namespace: 'pid:[1]' }]) {
      const dir = locked({ pid: 1, ...other });
      const host = other.host ?? hostname();
      expect(() => RunLock.take(dir)).toThrow(
        `process 1 on ${host} works in this run since ${here.since.slice(0, 19).replace('T', ' ')} UTC; if that one has ended, remove ${join(dir, 'lock-7')}`,
      );
      expect(readdirSync(dir)).toEqual(['lock-7']);
    }
  });

  it('without a holder in it is waited for, and taken over when it is old', () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'lock-7'), '');
    expect(() => RunLock.take(dir)).toThrow('is just being taken by another process');
    utimesSync(join(dir, 'lock-7'), 0, 0);
    takes(dir);
  });

  it('is not taken away from another that came after', () => {
    const dir = tempDir();
    const lock = RunLock.take(dir);
    writeFileSync(lock.path, JSON.stringify({ ...here, pid: 1 }));
    expect(lock.isOurs()).toBe(false);
    lock.release();
    expect(readdirSync(dir)).toEqual(['lock-1']);
  });

  it.skipIf(!existsSync(built('lock.js')))(
    'has one winner among processes that find it stale at once',
    async () => {
      const dir = locked({ started: '1' });
      const script = `
      import { RunLock } from ${JSON.stringify(built('lock.js'))};
      while (Date.now() < ${Date.now() + 500});
      try { RunLock.take(${JSON.stringify(dir)}); console.log('won'); } catch (e) { console.log(e.message); }
      process.stdin.resume();`;
      const children = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', script]),
      );
      const outcomes = await Promise.all(
        children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])),
      ).then((texts) => texts.map((text) => text.trim()));
      // They live until then, the winner too.
      for (const { stdin } of children) stdin.end();
      expect(outcomes.filter((text) => text === 'won')).toHaveLength(1);
      expect(outcomes.filter((text) => /works in this run since/.test(text))).toHaveLength(3);
    },
  );
});

describe('a run that was moved', () => {
  it('goes on with its data where that lies now, and from anywhere', async () => {
    const root = tempDir();
    const working = process.cwd();
    mkdirSync(join(root, 'rows'));
    process.chdir(root);
    try {
      const dir = begun('runs', 'data.dir=rows', 'name=a');
      const stored = readFileSync(join(dir, 'config.yaml'), 'utf8');
      expect(stored).toContain(`dir: ${join(process.cwd(), 'rows')}`);
      const whole = join(process.cwd(), dir);
      process.chdir(working);
      const hash = async (...set: string[]) => {
        const folder = await resumeRun(whole, set.map(setLayer));
        folder.leave();
        return configHash(folder.config);
      };
      const before = await hash();
      await expect(hash('data.dir=/')).rejects.toThrow(/data\.dir \(".*rows" → "\/"\) would change/);
      renameSync(join(root, 'rows'), join(root, 'moved'));
      await expect(hash()).rejects.toThrow(
        /data\.dir was .*rows, where nothing is now; name its new place with --data PATH$/,
      );
      expect(await hash(`data.dir=${join(root, 'moved')}`)).toBe(before);
    } finally {
      process.chdir(working);
    }
  });
});

it('the built-in rows are made whole, and what a killed start left of them goes', () => {
  const under = join(tempDir(), '.data');
  const { builtin } = begin(under, 'data.builtin={train: 7, validation: 7, test: 7}').config.data;
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const left = [
    `x.making-${hostname()}.${gone}`,
    `x.making-${hostname()}.${process.ppid}`,
    'x.making-elsewhere.1',
  ];
  for (const name of left) mkdirSync(join(under, name), { recursive: true });
  const dir = makeBuiltin(builtin, under);
  expect(readdirSync(dir)).toContain('train.parquet');
  expect(readdirSync(under).sort()).toEqual([basename(dir), ...left.slice(1)].sort());
  expect(makeBuiltin(builtin, under)).toBe(dir);
});
