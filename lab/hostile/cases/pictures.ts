/** Pictures that lie about their size, are cut off, or are no pictures. */
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { random } from '../../../src/random.ts';
import { decodeImage } from '../../../src/vision/decode.ts';
import { parseProcessorConfig, prepareImage } from '../../../src/vision/processor.ts';
import type { CallCase } from '../case.ts';
import { damaged, GOOD, long, noise, png } from '../make.ts';

type Made = Uint8Array | Promise<Uint8Array>;

/** Decodes and cuts as training does; what comes out has to be whole. */
const picture = (
  name: string,
  make: () => Made,
  expect: CallCase['expect'] = 'refused',
  says?: RegExp,
): CallCase => ({
  kind: 'pictures',
  name,
  expect,
  says,
  call: async () => {
    const rgb = await decodeImage(await make(), 'the picture');
    if (rgb.data.length !== rgb.width * rgb.height * 3) throw new Error('data and size do not agree');
    return prepareImage(rgb, parseProcessorConfig({}, 'default')).gridThw;
  },
});

const small = () => sharp({ create: { width: 64, height: 48, channels: 3, background: '#a0c020' } });
const FORMATS = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const;
const encoded = (format: (typeof FORMATS)[number]) => small().toFormat(format).toBuffer();

const text = (words: string) => () => Buffer.from(words);
const svg = (body: string) =>
  text(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">${body}</svg>`,
  );

/** A GIF of 64 × 64 with so many frames. */
function frames(count: number): Promise<Uint8Array> {
  const data = Buffer.alloc(64 * 64 * count * 3);
  for (let i = 0; i < count; i++) data.fill(i % 256, i * 64 * 64 * 3, (i + 1) * 64 * 64 * 3);
  return sharp(data, { raw: { width: 64, height: 64 * count, channels: 3, pageHeight: 64 } as never })
    .gif()
    .toBuffer();
}

export function pictureCases(seed: string): CallCase[] {
  const drawn = FORMATS.flatMap((format) =>
    Array.from({ length: format === 'tiff' || format === 'avif' ? 4 : 12 }, (_, i) =>
      picture(
        `drawn ${i}: a damaged ${format}`,
        async () => damaged(await encoded(format), random(seed, 'pictures', format, i)),
        'either',
      ),
    ),
  );
  return [
    picture('16,000 × 16,000 in 31 KB', () => png(16_000, 16_000, { depth: 1 }), 'refused', /pixels/),
    picture(
      '16,000 × 16,000 RGBA',
      () => png(16_000, 16_000, { colour: 6, data: deflateSync(Buffer.alloc(2 ** 24)) }),
      'refused',
      /pixels/,
    ),
    picture('2³¹ × 2³¹ in the header', () =>
      png(0x7fffffff, 0x7fffffff, { data: deflateSync(Buffer.alloc(10)) }),
    ),
    picture(
      '60,000 × 60,000 in the header',
      () => png(60_000, 60_000, { data: deflateSync(Buffer.alloc(10)) }),
      'refused',
      /pixels/,
    ),
    picture('0 × 0', () => png(0, 0)),
    picture('1 × 0', () => png(1, 0)),
    picture('1 × 1', () => png(1, 1, { colour: 2 }), 'either'),
    picture('1 × 40,000', () => png(1, 40_000, { colour: 2 }), 'either'),
    picture('40,000 × 1', () => png(40_000, 1, { colour: 2 }), 'either'),
    picture('3 × 3,000', () => png(3, 3_000, { colour: 2 }), 'either'),
    picture('more data than pixels', () => png(8, 8, { data: deflateSync(Buffer.alloc(2 ** 26)) }), 'either'),
    picture('less data than pixels', () => png(512, 512, { data: deflateSync(Buffer.alloc(100)) }), 'either'),
    picture('data that is not compressed', () => png(64, 64, { data: Buffer.alloc(4096, 1) }), 'either'),
    picture(
      'a text chunk of 64 MB',
      () =>
        png(56, 56, {
          colour: 2,
          extra: [['zTXt', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(2 ** 26))])]],
        }),
      'either',
    ),
    picture(
      'a colour profile of 64 MB',
      () =>
        png(56, 56, {
          colour: 2,
          extra: [['iCCP', Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(2 ** 26))])]],
        }),
      'either',
    ),
    picture(
      'a colour profile that is none',
      () => png(56, 56, { colour: 2, extra: [['iCCP', Buffer.from('a\0\0xxxx')]] }),
      'either',
    ),
    picture('a palette that is missing', () => png(56, 56, { colour: 3 }), 'either'),
    picture(
      '100,000 empty chunks',
      () =>
        png(56, 56, {
          colour: 2,
          extra: Array.from({ length: 100_000 }, () => ['tEXt', Buffer.from('a\0b')]),
        }),
      'either',
    ),
    picture('16 bits', () => png(56, 56, { colour: 2, depth: 16 }), 'taken'),
    picture('grey', () => png(56, 56), 'taken'),
    picture('a GIF of 600 frames', () => frames(600), 'either'),
    picture('nothing', () => new Uint8Array()),
    picture('one byte', () => Uint8Array.of(0x89)),
    picture('the PNG signature alone', () => GOOD.subarray(0, 8)),
    picture('text', text('hello')),
    picture('HTML', text('<!doctype html><title>404</title>')),
    picture(
      'a Git LFS pointer',
      text('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n'),
    ),
    picture('JSON', text('{"image": 1}')),
    picture('gzip', () => gzipSync(GOOD)),
    picture('a PDF', text('%PDF-1.7\n1 0 obj\n')),
    picture('a ZIP', text('PK\u0003\u0004')),
    picture('noise of 1 MB', () => noise(2 ** 20, random(seed, 'noise'))),
    picture('zeros of 10 MB', () => new Uint8Array(1e7)),
    picture(
      'SVG that reads a file',
      svg('<image xlink:href="file:///etc/passwd" width="64" height="64"/>'),
      'either',
    ),
    picture(
      'SVG that fetches',
      svg('<image xlink:href="http://127.0.0.1:1/x.png" width="64" height="64"/>'),
      'either',
    ),
    picture(
      'SVG with an entity',
      text(
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&x;</text></svg>',
      ),
      'either',
    ),
    picture(
      'SVG of billion laughs',
      text(
        `<!DOCTYPE svg [<!ENTITY a "lol">${'bcdefghij'
          .split('')
          .map((c, i) => `<!ENTITY ${c} "${long(10, `&${'abcdefghi'[i]};`)}">`)
          .join('')}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&j;</text></svg>`,
      ),
      'either',
    ),
    picture(
      'SVG of 10⁹ pixels',
      text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1000000" height="1000000"><rect width="9" height="9"/></svg>',
      ),
    ),
    picture(
      'SVG that uses itself',
      svg(`<g id="a">${long(10, '<use xlink:href="#a"/>')}</g><use xlink:href="#a"/>`),
      'either',
    ),
    ...FORMATS.map((format) =>
      picture(
        `half of a ${format}`,
        async () => {
          const b = await encoded(format);
          return b.subarray(0, b.length >> 1);
        },
        'either',
      ),
    ),
    picture('a JPEG of CMYK', () => small().toColourspace('cmyk').jpeg().toBuffer(), 'either'),
    picture(
      'a JPEG that turns',
      () =>
        small()
          .jpeg()
          .withExif({ IFD0: { Orientation: '6' } })
          .toBuffer(),
      'taken',
    ),
    ...drawn,
  ];
}
