/** docs/files.md: what a run leaves. */
import { sampleWords } from '../metrics/samples.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');
const table = (words: Record<string, string>) =>
  `| key | meaning |\n|---|---|\n${Object.entries(words)
    .map(([key, text]) => `| \`${key}\` | ${cell(text)} |\n`)
    .join('')}`;

export const filesMarkdown = (): string => `# Files of a run

A run lives in \`runs/NAME/\`. This page is made from \`src/run/files-page.ts\`; a test keeps it in step with what runs write.

| file | holds |
|---|---|
| \`config.yaml\` | the complete settings with absolute paths; \`--config\` takes them again ([config.md](config.md)) |
| \`metrics.jsonl\` | one line a step, validation and test: the source of truth |
| \`samples.jsonl\` | \`logging.samples\` responses of each step, each of another question |
| \`question.png\` | the picture of the test question that the summary shows whole, made when the run ends |
| \`events.out.tfevents.*\` | the numbers of metrics.jsonl for TensorBoard, as \`train/…\`, \`validation/…\`, \`test/…\` |
| \`checkpoints/step-NNNNNN/\` | the policy as a Hugging Face folder, with \`optimizer.safetensors\` and \`state.json\` to resume from |

Lines are JSON objects. A number that is not finite is \`null\`; a key that does not apply to a step is left out. What every
key of metrics.jsonl is, and what it looks like in a run that goes well: [metrics.md](metrics.md).

## samples.jsonl

A name in <> stands for one that the settings give.

${table(sampleWords)}`;
