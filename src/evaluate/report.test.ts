/** The report of an evaluation: what it says, that it stands alone, and that nothing of a response becomes markup. */
import { describe, expect, test } from 'vitest';
import { encodePng } from '../vision/encode.ts';
import type { AnswerLine, Evaluation } from './files.ts';
import { byQuestion } from './files.ts';
import { PUBLISHED } from './published.ts';
import { reportHtml } from './report.ts';
import { summaryOf } from './summary.ts';
import { summaryText } from './summary-text.ts';

const answer = (suite: string, at: number, sample: number, more: Partial<AnswerLine>): AnswerLine => ({
  suite,
  key: `q${at}`,
  at,
  id: `${suite}-q${at}`,
  way: 'sampled',
  sample,
  question: '<image>How many?',
  answer: '3',
  response: '<script>alert(1)</script>',
  given: '4',
  verdict: 'wrong',
  score: 0,
  why: '',
  format: false,
  truncated: false,
  tokens: 5,
  characters: 9,
  ...more,
});

function evaluation(): Evaluation {
  const lines = ['counting', 'geometry3k'].flatMap((suite) =>
    Array.from({ length: 6 }, (_, at) =>
      [0, 1].map((sample) =>
        answer(suite, at, sample, {
          task: at % 2 === 0 ? 'even' : 'odd',
          ...(at > 0 && { score: 1, verdict: 'right', given: '3' }),
          ...(at === 5 && sample === 0 && { score: 0, verdict: 'no box', given: null }),
        }),
      ),
    ).flat(),
  );
  const suite = {
    title: 'T',
    source: 'memory',
    scoring: 'authors',
    length: 6,
    skipped: { 'no image': 2 },
    spec: {},
  };
  return {
    dir: '.',
    settings: {
      version: 1,
      papo: '0',
      policy: 'mine',
      description: 'a policy',
      settings: { formatPrompt: 'Think.' },
      samples: 2,
      greedy: false,
      sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 8 },
      seed: '1',
      differs: ['topK 50 (in training 0)'],
      suites: [
        { ...suite, name: 'counting', group: 'vision', notes: ['a note'] },
        { ...suite, name: 'geometry3k', group: 'general', notes: [] },
      ],
    },
    questions: byQuestion(lines),
  };
}

describe('a report', () => {
  test('shows what no answer got right with its picture, and keeps markup of responses out', async () => {
    const picture = await encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
    const html = await reportHtml(evaluation(), async () => [picture]);
    expect(html).toContain('Questions that no answer got right');
    expect(html).toContain('counting-q0');
    expect(html).toContain('data:image/png;base64,');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    expect(html).toContain('topK 50 (in training 0)');
  });

  test('puts published results beside suites of theirs, with what has to be said of them', async () => {
    const html = await reportHtml(evaluation(), async () => []);
    for (const { policy } of PUBLISHED) expect(html).toContain(policy);
    expect(html).toContain('MathVerse-V is a part of MathVerse');
    const other = evaluation();
    for (const suite of other.settings.suites) suite.name = `own-${suite.name}`;
    expect(await reportHtml(other, async () => [])).not.toContain('Beside the published results');
  });
});

test('the terminal has the means over suites, what was counted apart, and the notes', () => {
  const text = summaryText(summaryOf(evaluation()));
  // Five of six questions are right, one of them in one of two answers.
  expect(text).toMatch(/counting +6 +75\.0 ± \d+\.\d/);
  expect(text).toMatch(/mean of suites +75\.0/);
  expect(text).toContain('counting: 1 answer gave no answer (scored 0); 2 rows left out (no image)');
  expect(text).toContain('counting: a note');
  expect(text).toMatch(/even +3 +66\.7/);
  for (const line of text.split('\n').filter((l) => /\d ± \d/.test(l))) expect(line.length).toBeLessThan(81);
});
