/** The options that settle a run, shared by the commands that take settings. */
import type { Command } from 'commander';
import { shippedPolicies } from '../model/shipped.ts';
import { type Layer, nested, setLayer, yamlLayer } from '../settings/resolve.ts';

const NAMED = {
  preset: 'preset',
  size: 'size',
  data: 'data.dir',
  policy: 'policy',
  steps: 'train.steps',
  seed: 'seed',
  name: 'name',
  out: 'out',
  threads: 'engine.threads',
} as const;

const NUMBERS = ['steps', 'seed', 'threads'];

export function withSettings(command: Command): Command {
  return command
    .option('-c, --config <file>', 'YAML file with settings (papo config prints one)')
    .option(
      '-s, --set <key=value...>',
      'one setting, such as objective.gamma=0.01; can be repeated',
      (value: string, before: string[] = []) => [...before, value],
    )
    .option('-p, --preset <name>', 'objective by name (papo presets lists them)')
    .option('--size <size>', "flavour of the preset's values: 3b, 7b or tiny")
    .option('--data <dir>', 'your rows: a folder with train, validation and test, or one file')
    .option(
      '--policy <dir>',
      `checkpoint folder in Hugging Face form, or one of ${shippedPolicies().join(', ')}`,
    )
    .option('--steps <n>', 'steps of the run')
    .option('--seed <n>', 'seed of all chance')
    .option('--name <name>', 'name of the run')
    .option('--out <dir>', 'folder that holds the runs')
    .option('--threads <n>', 'threads of the engine');
}

/** The layers that the options name, lowest first. */
export function layersOf(options: Record<string, unknown>): Layer[] {
  const layers: Layer[] = [];
  if (typeof options.config === 'string') layers.push(yamlLayer(options.config));
  for (const assignment of (options.set as string[] | undefined) ?? []) layers.push(setLayer(assignment));
  for (const [flag, path] of Object.entries(NAMED)) {
    const value = options[flag];
    if (typeof value !== 'string') continue;
    const given = NUMBERS.includes(flag) && value.trim() !== '' ? Number(value) : value;
    layers.push({
      from: `--${flag}`,
      values: nested(path.split('.'), Number.isNaN(given) ? value : given),
    });
  }
  return layers;
}
