/**
 * `npm run check:numbers -- DIR`: six steps of every preset, recorded in DIR the first time; after a change of the code,
 * made again beside it and compared bit for bit: metrics (but for times and memory), responses, parameters, moments.
 * Recordings of one kind of processor and one set of default settings are no measure for another.
 *
 *     npm run check:numbers -- ../before                  before the change, then once more after it
 *     npm run check:numbers -- ../before --preset papo-g  one of them only
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { readJsonl } from '../src/metrics/jsonl.ts';
import { UNSTEADY } from '../src/metrics/step.ts';
import { presetNames } from '../src/settings/presets/index.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { preset: { type: 'string', multiple: true, default: presetNames } },
});
const [dir] = positionals;
if (dir === undefined) {
  process.stderr.write('npm run check:numbers -- DIR: name the folder of the recordings\n');
  process.exit(2);
}

const FEW = ['test.rows=16', 'validation.rows=16', 'validation.every=3'].flatMap((set) => ['--set', set]);

function record(preset: string, out: string): void {
  const what = ['train', '--preset', preset, '--name', preset, '--steps', '6', '--seed', '1'];
  const ended = spawnSync(process.execPath, [join('bin', 'papo.js'), ...what, '--out', out, ...FEW], {
    encoding: 'utf8',
  });
  if (ended.status !== 0) throw new Error(`${preset}: ended with ${ended.status}: ${ended.stderr}`);
}

/** What of two runs differs, in words. */
function differences(a: string, b: string): string[] {
  const steady = (run: string) =>
    readJsonl(join(run, 'metrics.jsonl')).map((line) => {
      for (const key of UNSTEADY) delete line[key];
      return line;
    });
  const bytes = (run: string, file: string) => readFileSync(join(run, file));
  const [before, after] = [steady(a), steady(b)];
  const lines = before.flatMap((line, i) => {
    const other = after[i] ?? {};
    const keys = [...new Set([...Object.keys(line), ...Object.keys(other)])];
    const unequal = keys.filter((key) => !isDeepStrictEqual(line[key], other[key]));
    return unequal.map(
      (key) => `line ${i + 1}, ${key}: ${JSON.stringify(line[key])}, ${JSON.stringify(other[key])}`,
    );
  });
  const last = join('checkpoints', readdirSync(join(a, 'checkpoints')).sort().at(-1) ?? '');
  const files = ['samples.jsonl', join(last, 'model.safetensors'), join(last, 'optimizer.safetensors')];
  return [
    ...(before.length === after.length ? [] : [`${before.length} lines of metrics, ${after.length}`]),
    ...lines,
    ...files.filter((file) => !bytes(a, file).equals(bytes(b, file))),
  ];
}

mkdirSync(dir, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'papo-numbers-'));
let unequal = 0;
for (const preset of options.preset) {
  if (!existsSync(join(dir, preset))) {
    record(preset, dir);
    process.stdout.write(`${preset}: recorded\n`);
    continue;
  }
  record(preset, scratch);
  const found = differences(join(dir, preset), join(scratch, preset));
  process.stdout.write(
    `${preset}: ${found.length === 0 ? 'the same bits' : `differs\n  ${found.slice(0, 20).join('\n  ')}`}\n`,
  );
  if (found.length > 0) unequal++;
}
rmSync(scratch, { recursive: true });
process.exitCode = unequal > 0 ? 1 : 0;
