/** Where the rows of a published set lie: in a folder of it alone, or in one that holds several sets. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { statOf } from '../../data/folders.ts';
import { DataError } from '../../errors.ts';
import { AUTHORS, AUTHORS_FORM, formsOf, type PublishedSet, type SetForm } from './set.ts';

/** Files of one form, and the folder that their paths count from. */
export interface Located {
  form: SetForm;
  root: string;
  files: string[];
}

const isFolder = (path: string) => statOf(path)?.isDirectory() === true;

/** Paths of the files in a folder and the folders in it, with / between. */
function filesIn(root: string): string[] {
  const names = readdirSync(root);
  const inner = names.filter((name) => isFolder(join(root, name)));
  const deeper = inner.flatMap((name) => readdirSync(join(root, name)).map((file) => `${name}/${file}`));
  return [...names, ...deeper].filter((path) => statOf(join(root, path))?.isFile());
}

/** Names that a folder of a data set may have: of itself, with its owner, and as the shared cache has it. */
const foldersOf = (repo: string): string[] => [repo.split('/')[1], repo, repo.replace('/', '_')];

/** Folders that may hold a form of the set. */
function rootsOf(dir: string, set: PublishedSet, form: SetForm, alone: boolean): string[] {
  const named = form.repo === AUTHORS ? foldersOf(AUTHORS) : [set.name, ...foldersOf(form.repo)];
  const parts = resolve(dir).split(sep);
  const cached = `datasets--${form.repo.replace('/', '--')}`;
  const isOwn =
    alone || form.repo === AUTHORS || parts.includes(cached) || named.includes(parts.at(-1) ?? '');
  return [...(isOwn ? [dir] : []), ...named.map((name) => join(dir, name))].filter(isFolder);
}

function locateForm(dir: string, set: PublishedSet, form: SetForm, alone: boolean): Located | undefined {
  for (const root of rootsOf(dir, set, form, alone)) {
    const all = filesIn(root).sort();
    const files = all.filter((path) => form.files.test(path));
    // A set that was written again in another format keeps the name of its split.
    const found =
      files.length > 0 ? files : form.repo === AUTHORS ? [] : all.filter((path) => OWN.test(path));
    if (found.length > 0) return { form, root, files: found.map((path) => join(root, path)) };
  }
  if (form.repo === AUTHORS) return undefined;
  const file = FORMATS.map((ending) => join(dir, `${set.name}.${ending}`)).find((f) => statOf(f)?.isFile());
  return file === undefined ? undefined : { form, root: dirname(file), files: [file] };
}

const FORMATS = ['parquet', 'jsonl', 'json', 'csv'];
const OWN = /^(data\/)?test(mini)?\.(parquet|jsonl|json|csv)$/;

export interface Asked {
  /** Name of the one form that will do. */
  layout?: string | undefined;
  /** Name of the form that is taken where there are several. */
  prefer?: string | undefined;
  /** The folder holds this set and no other. */
  alone: boolean;
}

/** The forms of a set that a layout names; all where none is named. @throws DataError where it has none of that name */
export function formsNamed(set: PublishedSet, layout: string | undefined): readonly SetForm[] {
  const all = formsOf(set);
  const forms = all.filter(({ name }) => layout === undefined || name === layout);
  if (forms.length > 0) return forms;
  const names = all.map(({ name }) => name).join(', ');
  throw new DataError(`${set.name}: layout=${layout}: there is no such layout; it has ${names}`);
}

/**
 * The files of a set below a folder. The authors' form and those of the hub are never taken for each other.
 * @throws DataError where there is none, or where both are there and none was named
 */
export function locate(dir: string, set: PublishedSet, asked: Asked): Located {
  const found = find(dir, set, asked);
  if (found) return found;
  const forms = formsNamed(set, asked.layout);
  const [{ repo }] = forms;
  throw new DataError(
    `${dir}: has no files of ${set.name}; put those of ${forms.map((form) => form.repo).join(' or ')} into ${join(dir, repo.split('/')[1])}, or fetch them with --hub`,
  );
}

/** The same; undefined where there is none. */
export function find(dir: string, set: PublishedSet, { layout, prefer, alone }: Asked): Located | undefined {
  const forms = formsNamed(set, layout);
  if (statOf(dir)?.isFile()) {
    const whole = resolve(dir);
    // data/<file>, or papo/<file> as the authors' scripts write it, lies in the folder of the set.
    const inner = ['data', 'papo'].includes(basename(dirname(whole)));
    const root = inner ? dirname(dirname(whole)) : dirname(whole);
    return { form: forms[0], root, files: [whole] };
  }
  if (!isFolder(dir)) throw new DataError(`${dir}: no such file or folder; name the folder of the suites`);
  const found = forms.flatMap((form) => locateForm(dir, set, form, alone) ?? []);
  const hub = found.filter(({ form }) => form.name !== AUTHORS_FORM);
  const authors = found.find(({ form }) => form.name === AUTHORS_FORM);
  const preferred = found.find(({ form }) => form.name === prefer);
  if (preferred) return preferred;
  if (hub.length > 0 && authors)
    throw new DataError(
      `${dir}: has ${set.name} from the hub (${hub[0].files[0]}) and from the authors' evaluation data (${authors.files[0]}); say which: layout=${hub[0].form.name} or layout=${AUTHORS_FORM}`,
    );
  return hub[0] ?? authors;
}
