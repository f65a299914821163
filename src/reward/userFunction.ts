import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../errors.ts';
import { makeReward, type Reward, type RewardConfig, type RewardFunction } from './reward.ts';

const FORM = "give it as 'path/to/file.ts#exportName'";

/**
 * Loads a person's own reward function, named in the config as `path/to/file.ts#exportName` (without `#…` the default
 * export). It is called with `{ response, answer, row }` and gives a number, or `{ overall, accuracy?, format? }`.
 *
 * TypeScript files run as they are on Node 22.18 and later; before that their types are stripped with the `typescript`
 * package if it is installed, for a file that imports no other TypeScript file.
 *
 * @param baseDir what a relative path is taken from (the config's folder)
 * @throws ConfigError where the file, the export or a usable way to read TypeScript is missing; the function throws it
 * when the reward is not a finite number
 */
export async function loadReward(spec: string, baseDir: string): Promise<RewardFunction> {
  const hash = spec.lastIndexOf('#');
  const [path, name] = hash < 0 ? [spec, 'default'] : [spec.slice(0, hash), spec.slice(hash + 1)];
  if (path === '' || name === '') throw new ConfigError(`reward function '${spec}': ${FORM}`);
  const file = isAbsolute(path) ? path : resolve(baseDir, path);
  if (!(await stat(file).catch(() => undefined))?.isFile()) {
    throw new ConfigError(`reward function '${spec}': no file ${file}; ${FORM}`);
  }
  const module = await importModule(file);
  const reward = module[name];
  if (typeof reward !== 'function') {
    const names = Object.keys(module).filter((key) => typeof module[key] === 'function');
    const have = names.length > 0 ? `it exports ${names.join(', ')}` : 'it exports no function';
    throw new ConfigError(`reward function '${spec}': ${file} has no function '${name}' (${have})`);
  }
  return async (x) => toReward(await reward(x), spec);
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  try {
    return await import(/* @vite-ignore */ url);
  } catch (error) {
    const isTypeScript = /\.[mc]?ts$/.test(file);
    if (!isTypeScript || (error as { code?: string }).code !== 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new ConfigError(`reward function: ${file} cannot be loaded: ${firstLine(error)}`);
    }
  }
  return importStripped(file);
}

async function importStripped(file: string): Promise<Record<string, unknown>> {
  let typescript: typeof import('typescript');
  try {
    const name = 'typescript';
    const module = await import(/* @vite-ignore */ name);
    typescript = module.default ?? module;
  } catch {
    throw new ConfigError(
      `reward function: Node ${process.versions.node} cannot load ${file}; give a .js or .mjs file, use Node 22.18 or later, or install typescript`,
    );
  }
  const { outputText } = typescript.transpileModule(await readFile(file, 'utf8'), {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 },
  });
  // Relative imports are resolved from the file itself, which a data: address cannot do.
  const absolute = outputText.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.\.?\/[^'"]+)\2/g,
    (_, head, quote, path) => {
      return `${head}${quote}${new URL(path, pathToFileURL(file)).href}${quote}`;
    },
  );
  try {
    return await import(
      /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(absolute).toString('base64')}`
    );
  } catch (error) {
    throw new ConfigError(`reward function: ${file} cannot be loaded: ${firstLine(error)}`);
  }
}

const firstLine = (error: unknown): string => String((error as Error)?.message ?? error).split('\n')[0]!;

function toReward(result: unknown, spec: string): Reward {
  const parts =
    typeof result === 'number' ? { overall: result } : (result as Partial<Reward> | null | undefined);
  const overall = parts?.overall;
  const accuracy = parts?.accuracy ?? overall;
  const format = parts?.format ?? 0;
  for (const x of [overall, accuracy, format]) {
    if (typeof x !== 'number' || !Number.isFinite(x)) {
      const got =
        typeof result === 'number' ? String(result) : (JSON.stringify(result)?.slice(0, 80) ?? typeof result);
      throw new ConfigError(
        `reward function '${spec}' gave ${got}; return a finite number, or { overall, accuracy, format }`,
      );
    }
  }
  return { overall: overall!, accuracy: accuracy!, format };
}

/** The reward function of a config, a person's own one included. */
export async function rewardFromConfig(config: RewardConfig, baseDir: string): Promise<RewardFunction> {
  if (config.grader !== 'function') return makeReward(config);
  if (!config.function)
    throw new ConfigError(`reward.grader is 'function' but reward.function is missing; ${FORM}`);
  return loadReward(config.function, baseDir);
}
