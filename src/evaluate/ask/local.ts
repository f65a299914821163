/** A policy that runs here, to be asked one question at a time. */
import { openEngine } from '../../engine/open.ts';
import { openPolicy } from '../../rollout/policy.ts';
import { type PromptMaker, promptMaker } from '../../rollout/prompts.ts';
import type { LocalTarget } from '../policy/target.ts';
import { askingOf } from '../run/settings.ts';
import { lookAt } from './look.ts';
import { rowOf } from './row.ts';
import { TextSoFar } from './text-so-far.ts';
import type { Asker, Asking, Said, Wanted } from './types.ts';

/** Prompt tokens: of one question none is left out for its length before the policy's memory is the limit. */
const PROMPT_TOKENS = 32_768;

/** @throws ConfigError, CheckpointError, GraphError where the policy does not open */
export async function openLocal(target: LocalTarget): Promise<Asker> {
  const { config: trained, sampling } = askingOf(target);
  const maxPromptTokens = Math.max(PROMPT_TOKENS, trained.data.maxPromptTokens);
  const config = { ...trained, data: { ...trained.data, maxPromptTokens } };
  const policy = openPolicy(config);
  const maker = promptMaker(policy.text);
  const engine = await openEngine(config.engine, policy.dir);
  const facts = policy.description.slice(policy.description.lastIndexOf('('));
  return {
    description: `${target.description} ${facts}`,
    sampling,
    async ask(asking, wanted, onText) {
      const prompt = await promptFor(maker, asking);
      const text = new TextSoFar(maker.text);
      const [rollouts_G] = await engine.sample([prompt], {
        ...drawing(wanted),
        ...(onText && { onTokens: (_, __, tokens) => onText(text.add(tokens)) }),
      });
      onText?.(text.rest());
      return rollouts_G.map(
        ({ tokens_T, stopReason }): Said => ({
          text: maker.text(tokens_T),
          tokens: tokens_T.length,
          stop: stopReason,
          tokens_T,
        }),
      );
    },
    look: (asking, said, masks, seed) =>
      lookAt(
        { asking, said, masks, seed },
        {
          maker,
          engine,
          processor: policy.text.processor,
          mask: config.mask,
          temperature: config.rollout.temperature,
        },
      ),
    close: () => engine.close(),
  };
}

const drawing = ({ samples, temperature, topP, topK, maxTokens, seed }: Wanted) => ({
  samples,
  temperature,
  topP,
  topK,
  maxTokens,
  seed,
});

async function promptFor(maker: PromptMaker, asking: Asking) {
  return (await maker.make(rowOf(asking), {}, [])).prompt;
}
