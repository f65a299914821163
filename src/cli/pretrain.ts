import { join } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../errors.ts';
import type { PretrainFlags } from '../pretrain/plan.ts';

interface Options extends PretrainFlags {
  print?: boolean;
}

export function pretrainCommand(): Command {
  return new Command('pretrain')
    .description('make a policy from nothing by a recipe: supervised, on the built-in tasks')
    .argument('[name]', 'the recipe; without one, all are listed')
    .argument('[dir]', 'folder to write the policy to (default: policies/<name>)')
    .option('--print', 'print the recipe as YAML, and make nothing')
    .option('--recipe <file>', 'YAML file with settings of the recipe')
    .option(
      '-s, --set <key=value...>',
      'one setting of the recipe, such as stages.0.learningRate=0.001; can be repeated',
      (value: string, before: string[] = []) => [...before, value],
    )
    .option('--from <policy>', 'start from this policy instead of following first the recipe it starts from')
    .option('--seed <seed>', 'of the first parameters and the examples')
    .option(
      '--mismatch <share>',
      "share of the questions with another scene's picture, in every stage of this recipe",
    )
    .option('--steps <n>', 'most steps, of each recipe that is followed')
    .option('--until <share>', 'stop at this validation accuracy, 0 to 1')
    .option('--threads <n>', 'threads of the engine')
    .action(async (name: string | undefined, dir: string | undefined, options: Options) => {
      const { recipesText, recipeYaml } = await import('../pretrain/text.ts');
      if (name === undefined) {
        if (Object.keys(options).length > 0)
          throw new ConfigError('no recipe is named; name one before the options: papo pretrain NAME [DIR]');
        process.stdout.write(recipesText());
        return;
      }
      const { planOf } = await import('../pretrain/plan.ts');
      const plan = planOf(name, options);
      if (options.print) {
        process.stdout.write(recipeYaml(plan.parts[plan.parts.length - 1]));
        return;
      }
      // The engine is loaded by the commands that run one.
      const { startPretraining } = await import('../pretrain/start.ts');
      process.exitCode = await startPretraining(dir ?? join('policies', name), plan, process.stdout);
    });
}
