/** The paths among the settings: in a file they count from its folder, on the command line from where one stands. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { isBuiltin } from '../model/shipped.ts';
import { splitReference } from '../user/reference.ts';
import type { RunConfig } from './config.ts';
import { isObject, rootNode, type SchemaNode, type Values, variantsOf } from './key-lookup.ts';

/** Keys that the schema marks as paths, from the root; `*` stands for any name. */
function* pathKeys(node: SchemaNode, at: string[] = []): Generator<string[]> {
  if (node.path) yield at;
  for (const variant of variantsOf(node)) {
    if (variant !== node) yield* pathKeys(variant, at);
    for (const [key, child] of Object.entries(variant.properties ?? {})) yield* pathKeys(child, [...at, key]);
    if (typeof variant.additionalProperties === 'object')
      yield* pathKeys(variant.additionalProperties, [...at, '*']);
  }
}

/** Such as `data.dir` and `views.*.module`. */
export const PATH_KEYS: readonly string[][] = [
  ...new Map([...pathKeys(rootNode)].map((path) => [path.join('.'), path])).values(),
];

/** The settings with every path changed; `path#export` counts as a path, the name of a policy of the package does not. */
function mapPaths<T extends Values>(values: T, change: (path: string) => string): T {
  const out: Values = structuredClone(values);
  const walk = (holder: unknown, [key, ...rest]: readonly string[]) => {
    if (!isObject(holder) || key === undefined) return;
    for (const name of key === '*' ? Object.keys(holder) : [key]) {
      const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
      if (rest.length > 0) walk(value, rest);
      else if (typeof value === 'string' && value !== '' && !isBuiltin(value)) holder[name] = change(value);
    }
  };
  for (const key of PATH_KEYS) walk(out, key);
  return out as T;
}

/** Settings of a file in `folder`, for someone who stands elsewhere. */
export const fromFolder = (values: Values, folder: string): Values =>
  mapPaths(values, (path) => (isAbsolute(path) ? path : join(folder, path)));

/** Settings that mean the same wherever they are read. */
export const withAbsolutePaths = (config: RunConfig): RunConfig => mapPaths(config, (path) => resolve(path));

/** Whether a setting, such as `views.noised.module`, is a path. */
export const isPathKey = (key: string): boolean =>
  PATH_KEYS.some((parts) => {
    const given = key.split('.');
    return given.length === parts.length && parts.every((part, i) => part === '*' || part === given[i]);
  });

/** Whether nothing lies at a path any more; the `#export` of a module is not part of it. */
export const isGone = (path: string): boolean =>
  !isBuiltin(path) && !existsSync(path) && !existsSync(splitReference(path).path);
