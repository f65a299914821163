/** The body of a request, every sampling value in it, and what is left out of it for servers that refuse a field. */

import { dataUrl } from './picture.ts';
import type { ChatRequest } from './types.ts';

/** What can be done for a server that refuses a field, in the order in which it is tried where none is named. */
const CONCESSIONS = {
  /** Servers' own fields; OpenAI's refuses them. */
  extras: { named: /top_k|min_p|repetition_penalty|repeat_penalty/i },
  /** OpenAI's newer models refuse the older name. */
  limit: { named: /max_tokens|max_completion_tokens/i },
  penalties: { named: /frequency_penalty|presence_penalty/i },
  /** One answer a request: Ollama gives no more whatever it is asked; llama.cpp none above its slots. */
  single: { named: /\bn\b|n_cmpl/ },
  seed: { named: /\bseed\b/i },
  json: { named: /response_format|json_object/i },
} as const;

export type Concession = keyof typeof CONCESSIONS;

/** Of these a server may refuse a value after it has taken another. */
const LATER: readonly Concession[] = ['single', 'json'];

/** What one server takes, as far as it has shown. */
export class Dialect {
  private readonly made = new Set<Concession>();

  has(concession: Concession): boolean {
    return this.made.has(concession);
  }

  concede(concession: Concession): void {
    this.made.add(concession);
  }

  /**
   * What to leave out after a refusal: what its words name, else, in the beginning, the next that was not tried.
   * Another request may have met the same refusal meanwhile; this one is then sent again as well.
   * @param body what was refused; undefined is returned where nothing of it can be left out
   */
  after(words: string, body: Record<string, unknown>, beginning: boolean): Concession | undefined {
    const open = (Object.keys(CONCESSIONS) as Concession[]).filter(
      (name) => isIn(name, body) && (beginning || LATER.includes(name)),
    );
    return open.find((name) => CONCESSIONS[name].named.test(words)) ?? (beginning ? open[0] : undefined);
  }

  /** Forgets what was left out in vain. */
  restore(): void {
    this.made.clear();
  }

  /** The names of the fields that are not sent although they decide answers. */
  get unsent(): string[] {
    return [
      ...(this.has('extras') ? Object.keys(extrasOf({ topK: 0 })) : []),
      ...(this.has('penalties') ? Object.keys(PENALTIES) : []),
      ...(this.has('seed') ? ['seed'] : []),
    ];
  }

  /** @param messages as `messagesOf` makes them */
  body(model: string, messages: unknown, n: number, seed: number | undefined, request: ChatRequest) {
    const { temperature, topP, maxTokens, json } = request;
    return {
      model,
      messages,
      temperature,
      top_p: topP,
      ...(this.has('limit') ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
      ...(!this.has('penalties') && PENALTIES),
      ...(!this.has('extras') && extrasOf(request)),
      ...(seed !== undefined && !this.has('seed') && { seed }),
      ...(!this.has('single') && { n }),
      ...(json && !this.has('json') && { response_format: { type: 'json_object' } }),
      stream: false,
    };
  }
}

const PENALTIES = { frequency_penalty: 0, presence_penalty: 0 };

/** `repeat_penalty` is llama.cpp's name; -1 is all tokens for vLLM, SGLang and llama.cpp alike, 0 is refused by some. */
const extrasOf = ({ topK }: Pick<ChatRequest, 'topK'>) => ({
  top_k: topK > 0 ? topK : -1,
  min_p: 0,
  repetition_penalty: 1,
  repeat_penalty: 1,
});

function isIn(name: Concession, body: Record<string, unknown>): boolean {
  if (name === 'extras') return 'top_k' in body;
  if (name === 'limit') return 'max_tokens' in body;
  if (name === 'penalties') return 'presence_penalty' in body;
  if (name === 'single') return 'n' in body;
  return (name === 'json' ? 'response_format' : name) in body;
}

/** A mark in the text would be a picture to some servers; those of pictures are parts of their own. */
const plain = (text: string) => text.replaceAll(/<image>/gi, '[image]');

/** @throws ImageError where a picture has to be decoded and cannot be */
export async function messagesOf({
  system,
  parts,
}: Pick<ChatRequest, 'system' | 'parts'>): Promise<unknown[]> {
  const content = [];
  for (const part of parts)
    content.push(
      'text' in part
        ? { type: 'text', text: plain(part.text) }
        : { type: 'image_url', image_url: { url: await dataUrl(part.image) } },
    );
  const user = { role: 'user', content };
  return system ? [{ role: 'system', content: plain(system) }, user] : [user];
}
