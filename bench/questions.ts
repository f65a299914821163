/** Questions of the built-in tasks, ready for a policy. */
import { renderScene } from '../src/data/builtin/draw.ts';
import { makeUndrawn } from '../src/data/builtin/make.ts';
import type { Prompt } from '../src/engine/types.ts';
import { readProcessor } from '../src/model/processor.ts';
import { loadChatTemplate, loadTokenizer } from '../src/text/load.ts';
import { encodePrompt, promptMessages } from '../src/text/prompt.ts';
import { prepareImage } from '../src/vision/processor.ts';

/** `count` questions, the same ones every time. @param dir the policy that is asked */
export function questions(dir: string, count: number): Prompt[] {
  const text = { tokenizer: loadTokenizer(dir), chat: loadChatTemplate(dir) };
  const processor = readProcessor(dir);
  return Array.from({ length: count }, (_, i) => {
    const row = makeUndrawn('bench', i, { split: 'validation' });
    const image = prepareImage(renderScene(row.meta.scene), processor);
    const messages = promptMessages(row.problem, 1, row.id, { formatPrompt: '' });
    const ids_L = encodePrompt(messages, [image.gridThw], text, processor.mergeSize, row.id);
    return { id: row.id, ids_L, views: { original: [image] } };
  });
}
