import { Command } from 'commander';
import { analyzeCollapseCommand } from './analyze-collapse.ts';
import { analyzeDependencyCommand } from './analyze-dependency.ts';
import { analyzeErrorsCommand } from './analyze-errors.ts';

export function analyzeCommand(): Command {
  return new Command('analyze')
    .description('look into what a policy or a run does')
    .addCommand(analyzeErrorsCommand())
    .addCommand(analyzeDependencyCommand())
    .addCommand(analyzeCollapseCommand());
}
