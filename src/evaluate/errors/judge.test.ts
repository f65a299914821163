import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuoted, judgeKey, RUBRIC, readJudgement } from './judge.ts';
import { MEANING, SORTED } from './kinds.ts';

const response = '<think> There are 3 red\ncircles. So \\frac{6}{2} = 3 </think> \\boxed{3}';
const json = (more: Record<string, unknown> = {}) =>
  JSON.stringify({
    kind: 'perception',
    quote: '3 red circles',
    reason: 'there are 2',
    confidence: 0.9,
    ...more,
  });

describe('a judgement', () => {
  it('is read out of fences and words around it, however lines are broken', () => {
    const said = { kind: 'perception', quote: '3 red circles', reason: 'there are 2', confidence: 0.9 };
    for (const text of [json(), `\`\`\`json\n${json()}\n\`\`\``, `Here it is: ${json()} I hope that helps.`])
      expect(readJudgement(text, response)).toEqual(said);
    expect(readJudgement(json({ kind: ' Perception' }), response)).toEqual(said);
  });

  it('may quote LaTeX with its backslashes escaped or not', () => {
    const quote = '\\frac{6}{2} = 3 </think> \\boxed{3}';
    expect(readJudgement(json({ quote }), response)).toMatchObject({ quote });
    const raw = `{"kind": "calculation", "quote": "${quote}", "reason": "", "confidence": 1}`;
    expect(readJudgement(raw, response)).toMatchObject({ kind: 'calculation', quote });
  });

  it('does not count without words of the response', () => {
    const missing = 'quote not in the response';
    expect(readJudgement(json({ quote: '4 red circles' }), response)).toBe(missing);
    for (const quote of ['', ' ', '=', null]) expect(readJudgement(json({ quote }), response)).toBe(missing);
    expect(readJudgement(json({ kind: 'unreadable', quote: '' }), response)).toMatchObject({
      kind: 'unreadable',
    });
    expect(isQuoted('red   circles.  So', response)).toBe(true);
  });

  it('does not count where it is none', () => {
    expect(readJudgement("I'm sorry, I can't help with that.", response)).toBe('refused');
    expect(readJudgement('perception', response)).toBe('malformed');
    expect(readJudgement('{"kind": "perception", ', response)).toBe('malformed');
    expect(readJudgement('{"kind": 3}', response)).toBe('malformed');
    expect(readJudgement('[{}]', response)).toBe('malformed');
    expect(readJudgement(json({ kind: 'vision' }), response)).toBe('unknown kind');
    expect(readJudgement(json({ confidence: 'high' }), response)).toMatchObject({ confidence: null });
  });

  it('is read from any text without a fault', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (text, said) => void readJudgement(text, said)));
    fc.assert(fc.property(fc.json(), (text) => void readJudgement(text, response)));
  });

  it('is asked for by definitions of every kind, and known by all that decides it', () => {
    for (const kind of SORTED) expect(RUBRIC).toContain(`- ${kind}: ${MEANING[kind]}`);
    const settings = { url: 'u', model: 'm', temperature: 1, topP: 1, maxTokens: 9 };
    expect(judgeKey({ ...settings })).toBe(judgeKey(settings));
    for (const other of [{ model: 'n' }, { temperature: 0 }, { url: 'v' }, { maxTokens: 8 }])
      expect(judgeKey({ ...settings, ...other })).not.toBe(judgeKey(settings));
  });
});
