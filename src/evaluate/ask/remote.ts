/** A server with OpenAI's chat interface, to be asked one question at a time. */
import { random } from '../../random.ts';
import { FORMAT_PROMPT, promptMessages } from '../../text/prompt.ts';
import type { ServerTarget } from '../policy/target.ts';
import { askingOf } from '../run/settings.ts';
import { openChat } from '../server/chat.ts';
import type { ChatRequest } from '../server/types.ts';
import { rowOf } from './row.ts';
import type { Asker, Asking } from './types.ts';

/**
 * The sentence of the released models follows each question, and sampling is theirs, as nothing else is known.
 * @throws ServerError where it cannot be asked
 */
export async function openRemote(
  target: ServerTarget,
  model: string | undefined,
  say: (line: string) => void,
): Promise<Asker> {
  const server = await openChat({ url: target.url, ...(model !== undefined && { model }), say });
  return {
    description: `${server.url} (model ${server.model})`,
    sampling: askingOf(target).sampling,
    async ask(asking, { seed, ...wanted }, onText) {
      const choices = await server.chat({ ...partsOf(asking), ...wanted, seed: seedOf(seed) });
      if (choices.length === 1) onText?.(choices[0].text);
      return choices.map(({ text, finish, tokens, error }) => ({ text, tokens, stop: finish, error }));
    },
    close: () => server.close(),
  };
}

/** Servers draw by numbers. */
const seedOf = (seed: string): number => {
  const given = Number(seed);
  return Number.isSafeInteger(given) && given >= 0 ? given : Math.floor(random(seed, 'ask').next() * 2 ** 31);
};

function partsOf(asking: Asking): Pick<ChatRequest, 'parts'> {
  const { problem, images } = rowOf(asking);
  const messages = promptMessages(problem, images.length, 'the question', { formatPrompt: FORMAT_PROMPT });
  let at = 0;
  const parts = messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? [{ text: content }]
      : content.map((part) => (part.type === 'image' ? { image: images[at++] } : { text: part.text })),
  );
  return { parts };
}
