/** How much each token of a response leaned on its pictures, as one HTML file. */
import { type Html, html } from '../../report/html.ts';
import { page } from '../../report/page.ts';
import { pictureHtml } from '../../report/picture.ts';
import { htmlTable } from '../../report/table.ts';
import { encodePng } from '../../vision/encode.ts';
import type { RgbImage } from '../../vision/image.ts';
import { fixed, leanOf, maskText, nameOf, STEPS, signed, stepOf, visible } from './leaning.ts';
import { printable } from './text-so-far.ts';
import type { Asking, Look, Said, TokenLook } from './types.ts';

export interface LookPage {
  policy: string;
  asking: Asking;
  said: Said;
  look: Look;
  /** What was graded out of the response. */
  given: string;
}

/** Grounds by step; the ink on them is given too, so that both hold in the light, in the dark and on paper. */
const GROUNDS = {
  likelier: ['#d1e5f0', '#92c5de', '#4393c3', '#2166ac'],
  lessLikely: ['#fddbc7', '#f4a582', '#d6604d', '#b2182b'],
} as const;

function groundOf(step: number): string {
  if (step === 0) return '';
  const at = Math.abs(step) - 1;
  const ink = at === 3 ? '#fff' : '#000';
  return `background:${(step > 0 ? GROUNDS.likelier : GROUNDS.lessLikely)[at]};color:${ink};print-color-adjust:exact;-webkit-print-color-adjust:exact`;
}

const PLAIN = 'line-height:1.4;white-space:pre-wrap';
const BOX = 'display:inline-block;padding:0 .15em;border-radius:3px;line-height:1.4;white-space:pre-wrap';
/** A token above its number. */
const CELL = 'display:inline-block;vertical-align:top;margin-bottom:.3em;text-align:center';

function tokenHtml(token: TokenLook, isLast: boolean): Html {
  const name = printable(nameOf(token, isLast));
  const numbers = `with the picture ${fixed(token.logprob, 2)}, masked ${fixed(token.masked, 2)}, difference ${signed(leanOf(token), 2)}, KL_prcp ${token.klPrcp.toFixed(3)}`;
  const [, before, body, ends] = /^([^\S\n]*)([\s\S]*?)(\n*)$/.exec(name) ?? [name, '', name, ''];
  const step = stepOf(token);
  const number = html`<span style="display:block;font-size:.62em;line-height:1.1;color:var(--soft)">${step === 0 ? '\u00a0' : signed(leanOf(token))}</span>`;
  const ground = step === 0 ? PLAIN : `${BOX};${groundOf(step)}`;
  const shown = body !== '' ? body : before !== '' ? '\u00a0' : '↵';
  return html`${body === '' ? null : before}<span title="${numbers}" style="${CELL}"><span style="${ground}">${shown}</span>${number}</span>${Array.from(ends, () => html`<br>`)}`;
}

function scaleHtml(): Html {
  const of = (sign: number) =>
    STEPS.map((from, i) => html`<span style="${BOX};${groundOf(sign * (i + 1))}">${from}</span> `);
  return html`<p class="note">Likelier with the picture ${of(1)} less likely ${of(-1)}: difference of the log-probabilities in nats, from the number on. Under each token its difference.</p>`;
}

/** Side of a picture in the page that a small one is enlarged to, in whole steps, so that its pixels stay what they are. */
const SIDE = 336;

function enlarged({ width, height, data }: RgbImage): RgbImage {
  const by = Math.max(1, Math.floor(SIDE / Math.max(width, height)));
  const large = new Uint8Array(width * height * 3 * by * by);
  for (let y = 0, o = 0; y < height * by; y++)
    for (let x = 0; x < width * by; x++, o += 3) {
      const from = (Math.floor(y / by) * width + Math.floor(x / by)) * 3;
      large.set(data.subarray(from, from + 3), o);
    }
  return { width: width * by, height: height * by, data: large };
}

async function picturesHtml({ original, maskedPictures }: Look, asking: Asking): Promise<Html> {
  const pairs = await Promise.all(
    original.map(async (picture, i) => {
      const show = async (image: typeof picture, what: string) => {
        const shown = await pictureHtml(
          await encodePng(enlarged(image)),
          `${what}: ${asking.pictures[i].path}`,
        );
        return html`<figure style="margin:0"><figcaption>${what}</figcaption>${shown}<p class="note">${image.width} × ${image.height} pixels</p></figure>`;
      };
      return html`<div style="display:flex;flex-wrap:wrap;gap:1.4rem">${[
        await show(picture, original.length > 1 ? `Picture ${i + 1}` : 'As it is'),
        await show(maskedPictures[i], 'Masked'),
      ]}</div>\n`;
    }),
  );
  return html`${pairs}`;
}

function tableHtml({ tokens_T }: Look): Html {
  return htmlTable({
    columns: [
      { name: '', align: 'right' },
      { name: 'token' },
      { name: 'with the picture', align: 'right' },
      { name: 'masked', align: 'right' },
      { name: 'difference', align: 'right' },
      { name: 'KL_prcp', align: 'right' },
    ],
    rows: tokens_T.map((token, t) => [
      `${t + 1}`,
      visible(nameOf(token, t === tokens_T.length - 1)),
      fixed(token.logprob, 3),
      fixed(token.masked, 3),
      signed(leanOf(token), 3),
      token.klPrcp.toFixed(4),
    ]),
  });
}

/** The text of the file: the pictures as the policy got them, the response token by token, and the numbers. */
export async function lookPage({ policy, asking, said, look, given }: LookPage): Promise<string> {
  const { tokens_T, klPrcp, logprob, masked } = look;
  const last = tokens_T.length - 1;
  const facts: [string, string][] = [
    ['given', given.replace(/^given: /, '')],
    ['mean KL_prcp', `${klPrcp.toFixed(4)} over ${tokens_T.length} tokens`],
    ['log-probability', `${fixed(logprob, 3)} with the picture, ${fixed(masked, 3)} masked`],
    ['mask', maskText(look)],
    ['policy', policy],
    ...(said.stop === 'length' ? [['end', 'cut off at the longest length'] as [string, string]] : []),
  ];
  return page({
    title: asking.question,
    subtitle: 'How much each token of the answer leaned on the picture',
    sections: [
      {
        heading: 'Answer',
        body: html`<div style="font-size:1.1rem">${tokens_T.map((token, t) => tokenHtml(token, t === last))}</div>\n${scaleHtml()}\n<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`,
      },
      {
        heading:
          look.original.length > 1 ? 'Pictures, as the policy got them' : 'Picture, as the policy got it',
        body: await picturesHtml(look, asking),
      },
      {
        heading: 'Numbers',
        body: html`<p class="note">Log-probabilities in nats. KL_prcp of a token is k3 of the KL between both, within 0 and 10.</p>${tableHtml(look)}`,
      },
    ],
  });
}
