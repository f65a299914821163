import { Command } from 'commander';
import { drawMasks } from '../mask/draw.ts';
import type { MaskContext } from '../mask/kind.ts';
import { MASK_KINDS } from '../mask/kinds/index.ts';
import { MASK_SETTINGS, type MaskOptions, type MaskSettings } from '../mask/options.ts';

const KINDS = MASK_KINDS.map(({ kind }) => kind);
const [FIRST] = KINDS;
const WIDEST = Math.max(...KINDS.map((kind) => kind.length));

export function maskCommand(): Command {
  const more = (value: string, before: string[] = []) => [...before, value];
  const command = new Command('mask')
    .description('show what a mask makes of a picture: the original and the masked ones side by side')
    .argument('<image>', 'PNG, JPEG, WebP or GIF')
    .option('-k, --kind <kind>', `${KINDS.join(', ')}; can be repeated (default: ${FIRST})`, more)
    .option('--all', `every kind${kindsThatAsk()}`)
    .option('--seed <n>', 'equal seeds give equal pictures', '1')
    .option(
      '--policy <dir>',
      `checkpoint folder, or name as in papo train, whose image processor settles the size, for ${kindsThatNeed('processor')}`,
    )
    .option('-o, --out <file>', 'PNG to write (default: <name>.masked.png beside the picture)')
    .option('-f, --force', 'overwrite the file');
  for (const { key, isNumber, words } of MASK_SETTINGS) {
    const flags = `${key === 'ratio' ? '-r, ' : ''}--${key} <${isNumber ? 'n' : 'path'}>`;
    const each = [...words].map(([text, kinds]) => `${kinds.join(', ')}: ${text}`);
    if (isNumber) command.option(flags, [...each, 'can be repeated'].join('; '), more);
    else command.option(flags, each.join('; '));
  }
  const kinds = MASK_KINDS.map(({ kind, settings }) => `  ${kind.padEnd(WIDEST)}  ${settings.description}`);
  command.addHelpText('after', `\nKinds:\n${kinds.join('\n')}`);
  return command.action(async (image: string, options: MaskOptions & MaskSettings) => {
    const { kind, seed, policy, out, all, force, ...settings } = options;
    process.stdout.write(await drawMasks(image, { kind, seed, policy, out, all, force }, settings));
  });
}

/** `; semantic with --model`: kinds that ask for a setting, which `--all` leaves out without it. */
function kindsThatAsk(): string {
  const asking = MASK_KINDS.flatMap(({ kind, asks = {} }) =>
    Object.keys(asks).map((key) => `${kind} with --${key}`),
  );
  return asking.length > 0 ? `; ${asking.join(', ')}` : '';
}

const kindsThatNeed = (part: keyof MaskContext): string =>
  MASK_KINDS.filter(({ needs = [] }) => needs.includes(part))
    .map(({ kind }) => kind)
    .join(', ');
