import { decodeImage } from '../../vision/decode.ts';
import { encodePng } from '../../vision/encode.ts';

/** The formats that every server reads, by their first bytes. Source: Ollama takes these three only. */
const READ: readonly (readonly [type: string, fits: (head: string) => boolean])[] = [
  ['image/png', (head) => head.startsWith('\x89PNG\r\n\x1a\n')],
  ['image/jpeg', (head) => head.startsWith('\xff\xd8\xff')],
  ['image/webp', (head) => head.startsWith('RIFF') && head.endsWith('WEBP')],
];

/**
 * A picture as `data:image/…;base64,…`; what is not PNG, JPEG or WebP is sent as PNG.
 * @throws ImageError where it has to be decoded and cannot be
 */
export async function dataUrl(bytes: Uint8Array, name = 'picture'): Promise<string> {
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  const type = READ.find(([, fits]) => fits(head))?.[0];
  const sent = type === undefined ? await encodePng(await decodeImage(bytes, name)) : bytes;
  return `data:${type ?? 'image/png'};base64,${Buffer.from(sent).toString('base64')}`;
}
