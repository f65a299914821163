import { Command } from 'commander';
import { TASKS, TAUGHT } from '../data/tasks/index.ts';
import { makeData } from '../rollout/make-data.ts';

export function dataCommand(): Command {
  const make = new Command('make')
    .description('write parquet files of the built-in tasks')
    .argument('<dir>', 'folder to write to')
    .option('--seed <seed>', 'equal seeds give equal files', '1')
    .option('--train <n>', 'training rows', '2000')
    .option('--validation <n>', 'validation rows', '256')
    .option('--test <n>', 'test rows', '256')
    .option(
      '--tasks <names>',
      `kinds of question of ${TASKS.join(', ')}, with commas between; ${TAUGHT.join(', ')} unless told`,
    )
    .option('--dependency <level>', 'how much only the picture tells: high, medium, low or mixed', 'mixed')
    .option('--difficulty <level>', 'how hard the questions are: easy, medium, hard or mixed', 'mixed')
    .option('--pixels <n>', 'side of a picture: 112, 168 or 224', '112')
    .action((dir: string, options: Record<string, string>) => {
      process.stdout.write(makeData(dir, options));
    });
  return new Command('data').description('make rows of questions and pictures').addCommand(make);
}
