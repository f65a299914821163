import { mkdirSync, mkdtempSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PapoError, quoted, systemCode, systemFailure } from './errors.ts';

const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('a message', () => {
  it('is one line that a terminal only shows, whatever it quotes', () => {
    const { message } = new PapoError('name\r\nwith\u0000 and \u001b[31mred\u2028');
    expect(message).toBe('name  with\\u0000 and \\u001b[31mred\\u2028');
  });

  it('keeps its start and its end where it is very long', () => {
    const { message } = new PapoError(`file ${'x'.repeat(1e6)}: do this`);
    expect(message.length).toBeLessThan(2100);
    expect(message).toMatch(/^file x+…x+: do this$/);
    expect(quoted('y'.repeat(5000))).toBe(`${'y'.repeat(200)}… (5000 characters)`);
    expect(quoted('short')).toBe('short');
  });
});

describe('advice', () => {
  it('fits what the system really said', () => {
    const dir = mkdtempSync(join(tmpdir(), 'papo-errors-'));
    const file = join(dir, 'file');
    writeFileSync(file, 'x');
    symlinkSync('loop', join(dir, 'loop'));
    const read = (path: string) =>
      systemFailure(
        thrown(() => readFileSync(path)),
        'read',
      );
    const write = (path: string) =>
      systemFailure(
        thrown(() => writeFileSync(path, 'x')),
        'write',
      );
    expect(read(join(dir, 'none'))).toBe('cannot be read (ENOENT): nothing is there; check the path');
    expect(read(dir)).toBe('cannot be read (EISDIR): it is a folder; name a file');
    expect(read(join(file, 'below'))).toMatch(/ENOTDIR\): a part of the path is a file/);
    expect(read(join(dir, 'loop'))).toMatch(/ELOOP\): its links lead in a circle/);
    expect(read(join(dir, 'n'.repeat(300)))).toMatch(/ENAMETOOLONG\): the name is too long/);
    expect(read(`${file}\u0000`)).toMatch(/holds a NUL character/);
    expect(write(join(dir, 'no', 'x'))).toMatch(/the folder that it would lie in does not exist/);
    expect(write(dir)).toMatch(/EISDIR\): it is a folder; choose another folder$/);
    expect(
      systemFailure(
        thrown(() => mkdirSync(file)),
        'write',
      ),
    ).toMatch(/EEXIST\): something of that name/);
    if (process.platform === 'linux') {
      expect(write('/dev/full')).toMatch(/ENOSPC\): the disk is full; free some space/);
      expect(
        systemFailure(
          thrown(() => openSync('/proc/version', 'wx')),
          'write',
        ),
      ).not.toMatch(/space/);
    }
  });

  it.each(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EIO', 'EMFILE', 'EWHATEVER'])(
    '%s is never a matter of space',
    (code) => {
      const error = Object.assign(new Error('x'), { code });
      for (const doing of ['read', 'write'] as const) {
        const text = systemFailure(error, doing, { instead: 'choose another with --out' });
        expect(text).toMatch(new RegExp(`^cannot be (read|written) \\(${code}\\): .+; .+`));
        expect(text).not.toMatch(/space|disk is full/);
      }
    },
  );

  it('is for errors of the system only', () => {
    expect(systemCode(new Error('x'))).toBeUndefined();
    expect(systemCode(Object.assign(new Error('x'), { code: 'invalid_type' }))).toBeUndefined();
    expect(systemCode(undefined)).toBeUndefined();
    expect(systemFailure(new Error('odd\nthing'), 'read')).toBe('cannot be read: odd');
  });
});
