/** The shared cache of the Hugging Face hub: `blobs/<etag>`, `snapshots/<commit>/<path>` that link to them, `refs/<branch>`. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** The folder of the cache, as HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME and XDG_CACHE_HOME say. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  if (named) return named;
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return join(home, 'hub');
}

/** Where a data set lies in the cache. */
export const storageOf = (repo: string): string =>
  join(cacheFolder(), `datasets--${repo.split('/').join('--')}`);

export const snapshotFolder = (repo: string, revision: string): string =>
  join(storageOf(repo), 'snapshots', revision);

/** The commit that the cache has for the main branch. */
export function cachedRevision(repo: string): string | undefined {
  const ref = join(storageOf(repo), 'refs', 'main');
  return existsSync(ref) ? readFileSync(ref, 'utf8').trim() : undefined;
}

export async function writeRevision(repo: string, revision: string): Promise<void> {
  const ref = join(storageOf(repo), 'refs', 'main');
  await mkdir(dirname(ref), { recursive: true });
  const aside = `${ref}.${process.pid}`;
  await writeFile(aside, revision);
  await rename(aside, ref);
}

/** Whether a snapshot has a file, whole: a link whose blob is gone does not count. */
export const hasFile = (repo: string, revision: string, path: string): boolean =>
  statSync(join(snapshotFolder(repo, revision), path), { throwIfNoEntry: false })?.isFile() === true;

/** Puts a file of a snapshot in its place; `fetch` writes the blob to the path that it is given. */
export async function keep(
  repo: string,
  revision: string,
  path: string,
  etag: string,
  fetch: (aside: string) => Promise<void>,
): Promise<void> {
  const blob = join(storageOf(repo), 'blobs', etag);
  const pointer = join(snapshotFolder(repo, revision), path);
  await mkdir(dirname(blob), { recursive: true });
  if (!existsSync(blob)) {
    // Two processes may fetch the same file: each its own, and the last one to end stays.
    const aside = `${blob}.${process.pid}.incomplete`;
    try {
      await fetch(aside);
      await rename(aside, blob);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }
  await mkdir(dirname(pointer), { recursive: true });
  await rm(pointer, { force: true });
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch {
    // Windows lets not everyone make links.
    await copyFile(blob, pointer);
  }
}
