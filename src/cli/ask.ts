import { Command } from 'commander';

export function askCommand(): Command {
  return new Command('ask')
    .description('ask a policy a question about a picture, or several')
    .argument(
      '<picture-or-question...>',
      'pictures (PNG, JPEG, WebP or GIF), then the question in quotes; - as the question reads questions from standard input, one a line; a question alone is asked without a picture',
    )
    .option(
      '-p, --policy <policy>',
      'checkpoint folder, run (its best checkpoint), builtin:NAME, or the address of a server, such as http://127.0.0.1:8000/v1 (default: builtin:looking)',
    )
    .option('-n, --samples <n>', 'answers; several are drawn by chance', '1')
    .option('--greedy', 'the likeliest token each time, as it is for one answer without sampling options')
    .option('--temperature <t>', '0: greedy (default for several answers: that of the policy’s run)')
    .option('--top-p <p>', 'of the likeliest tokens with this mass only; 1: all')
    .option('--top-k <k>', 'of the k likeliest tokens only; 0: all')
    .option('--max-tokens <n>', 'longest answer (default: that of the policy’s run)')
    .option('--seed <seed>', 'equal seeds give equal answers and masks', '1')
    .option('-a, --answer <text>', 'the right answer, to say whether what is given is right')
    .option('--scoring <name>', 'how an answer is held against it: authors, choices or equal', 'authors')
    .option('--look', 'show how much each token leaned on the picture, against a masked one')
    .option('--masks <n>', 'average over so many masks (default: 1); with --look')
    .option('--html <file>', 'the same as a page, with both pictures')
    .option('--model <name>', 'of a server that has several')
    .option('--json', 'one JSON object for each answer')
    .action(async (args: string[], options: Record<string, unknown>) => {
      const { ask } = await import('../evaluate/ask/ask.ts');
      const { stdin, stdout, stderr, env } = process;
      await ask(args, options, { stdin, stdout, stderr, env });
    });
}
