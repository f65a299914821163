/** `papo ask`: questions about pictures, answered on the terminal. */

import { writeAside } from '../../durable.ts';
import { ConfigError } from '../../errors.ts';
import { targetOf } from '../policy/target.ts';
import { boxOf } from '../scorings/box.ts';
import type { Judgement } from '../types.ts';
import { givenText, judged, votesOf, votesText } from './given.ts';
import { type Colours, coloursOf, lookText } from './look-text.ts';
import { type AskFlags, type Checked, checkedFlags, wantedOf } from './options.ts';
import { askingOf, questionsFrom, STDIN } from './questions.ts';
import { rowOf } from './row.ts';
import { printable } from './text-so-far.ts';
import type { Asker, Asking, Look, Said, Wanted } from './types.ts';

/** The policy of a command that names none: of those that come with papo the one that answers best. */
export const ASKED_POLICY = 'builtin:looking';

/** Where the command reads and writes. */
export interface AskStreams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
}

/**
 * Asks what the arguments say: pictures, then the question, or `-` for questions from standard input.
 * @throws ConfigError, ImageError, CheckpointError, ServerError with one line for a person
 */
export async function ask(args: readonly string[], typed: AskFlags, streams: AskStreams): Promise<void> {
  const flags = checkedFlags(typed);
  const asking = await askingOf(args);
  if (flags.html !== undefined && asking.question === STDIN)
    throw new ConfigError('--html: one file shows one question; give the question as the last argument');
  if (flags.look && asking.pictures.length === 0)
    throw new ConfigError('--look: there is no picture to look at; name one before the question');
  const asker = await openAsker(typed.policy ?? ASKED_POLICY, flags, streams.stderr);
  try {
    if (!flags.json) streams.stderr.write(`asked: ${printable(asker.description)}\n`);
    const wanted = wantedOf(flags, asker.sampling);
    const command = new Command(asker, flags, wanted, streams);
    if (asking.question !== STDIN) {
      await command.answer(asking);
      return;
    }
    for await (const question of questionsFrom(streams.stdin, streams.stderr)) {
      if (!flags.json && streams.stdin.isTTY !== true) streams.stdout.write(`> ${printable(question)}\n`);
      await command.answer({ ...asking, question });
      if (!flags.json) streams.stdout.write('\n');
    }
  } finally {
    await asker.close();
  }
}

async function openAsker(policy: string, flags: Checked, stderr: NodeJS.WriteStream): Promise<Asker> {
  if (policy.trim() === '')
    throw new ConfigError(`--policy: none is named; leave it out for ${ASKED_POLICY}`);
  const target = targetOf(policy);
  if (target.kind === 'server') {
    if (flags.look)
      throw new ConfigError(
        `--look: a server does not show its log-probabilities; name a policy that runs here`,
      );
    const { openRemote } = await import('./remote.ts');
    return openRemote(target, flags.model, (line) => stderr.write(`${line}\n`));
  }
  if (flags.model !== undefined)
    throw new ConfigError('--model: names a model of a server; for a policy that runs here use --policy');
  const { openLocal } = await import('./local.ts');
  return openLocal(target);
}

interface Answered {
  said: Said;
  judgement: Judgement | undefined;
  look: Look | undefined;
}

class Command {
  private readonly asker: Asker;
  private readonly flags: Checked;
  private readonly wanted: Wanted;
  private readonly out: NodeJS.WriteStream;
  private readonly colours: Colours;

  constructor(asker: Asker, flags: Checked, wanted: Wanted, { stdout, env }: AskStreams) {
    this.asker = asker;
    this.flags = flags;
    this.wanted = wanted;
    this.out = stdout;
    this.colours = coloursOf(stdout.isTTY === true, env);
  }

  async answer(asking: Asking): Promise<void> {
    const { flags, wanted } = this;
    const streams = this.out.isTTY === true && wanted.samples === 1 && !flags.json && !flags.look;
    const onText = (text: string) => this.out.write(printable(text));
    const said_K = await this.asker.ask(asking, wanted, streams ? onText : undefined);
    if (streams) this.out.write('\n');
    const answered_K: Answered[] = [];
    for (const said of said_K) answered_K.push(await this.examined(asking, said));
    if (flags.html !== undefined) await this.writePage(flags.html, asking, answered_K);
    if (flags.json) this.printJson(asking, answered_K);
    else this.print(answered_K, streams);
    if (flags.html !== undefined && !flags.json) this.out.write(`${flags.html}: written\n`);
  }

  private async examined(asking: Asking, said: Said): Promise<Answered> {
    const { reference, look, masks, seed } = this.flags;
    return {
      said,
      judgement: reference && (await judged(said, reference, rowOf(asking))),
      look: look && said.stop !== 'failed' ? await this.asker.look?.(asking, said, masks, seed) : undefined,
    };
  }

  private print(answered_K: readonly Answered[], streamed: boolean): void {
    const isOne = answered_K.length === 1;
    const width = String(answered_K.length).length;
    answered_K.forEach(({ said, judgement, look }, k) => {
      const text = look ? lookText(look, this.colours) : printable(said.text);
      const body = streamed || said.stop === 'failed' ? [] : [text];
      const lines = [...body, printable(givenText(said, judgement))].join('\n').split('\n');
      const lead = (i: number) =>
        isOne ? '' : `${i === 0 ? String(k + 1).padStart(width) : ' '.repeat(width)}  `;
      this.out.write(lines.map((line, i) => `${lead(i)}${line}\n`).join(''));
    });
    if (isOne) return;
    const judgements = answered_K.flatMap(({ judgement }) => judgement ?? []);
    const said_K = answered_K.map(({ said }) => said);
    this.out.write(`${printable(votesText(said_K, judgements))}\n`);
  }

  /** One object a line, one for each answer. */
  private printJson(asking: Asking, answered_K: readonly Answered[]): void {
    const { samples: _, ...sampling } = this.wanted;
    const votes = votesOf(answered_K.map(({ said }) => boxOf(said)));
    answered_K.forEach(({ said, judgement, look }, sample) => {
      const { text, tokens, stop, error } = said;
      const line = {
        policy: this.asker.description,
        pictures: asking.pictures.map(({ path }) => path),
        question: asking.question,
        sample,
        response: text,
        given: judgement ? judgement.given : boxOf(said),
        ...(judgement && { verdict: judgement.verdict, score: judgement.score, why: judgement.why }),
        stop,
        tokens,
        ...(error !== undefined && { error }),
        ...(answered_K.length > 1 && { majority: votes[0]?.given ?? null }),
        sampling,
        ...(look && { look: lookJson(look) }),
      };
      this.out.write(`${JSON.stringify(line)}\n`);
    });
  }

  /** Of several answers the first is shown. */
  private async writePage(path: string, asking: Asking, [first]: readonly Answered[]): Promise<void> {
    if (!first.look) return;
    const { lookPage } = await import('./look-page.ts');
    const { said, look, judgement } = first;
    const text = await lookPage({
      policy: this.asker.description,
      asking,
      said,
      look,
      given: givenText(said, judgement),
    });
    writeAside(path, () => [new TextEncoder().encode(text)]);
  }
}

const lookJson = ({ original, maskedPictures, tokens_T, ...look }: Look) => ({
  ...look,
  tokens: tokens_T.map((token) => ({ ...token, difference: token.logprob - token.masked })),
});
