import { z } from 'zod';

export const overlongSchema = z
  .strictObject({
    maxTokens: z.number().int().min(1).describe('longest response in tokens'),
    buffer: z.number().int().min(1).describe('the punishment grows over this many tokens before maxTokens'),
    penalty: z.number().min(0).default(1).describe('punishment at maxTokens'),
  })
  .nullable()
  .default(null)
  .describe('soft punishment of overlong responses (DAPO, arXiv 2503.14476, equation 13); null: none');

/**
 * The soft punishment of overlong responses (DAPO, arXiv 2503.14476, equation 13): 0 up to `buffer` tokens before
 * `maxTokens`, then falling in a straight line to −`penalty`.
 */
export function overlongPenalty(length: number, rule: z.output<typeof overlongSchema>): number {
  if (!rule) return 0;
  const over = length - (rule.maxTokens - rule.buffer);
  return over <= 0 ? 0 : -rule.penalty * Math.min(1, over / rule.buffer);
}
