/** Pictures within a page. */
import sharp from 'sharp';
import { imageSize } from '../vision/decode.ts';
import { type Html, html } from './html.ts';

/** Longest side of a picture in a page, in pixels. */
const LONGEST = 480;

/**
 * Any encoded picture as an `<img>` that needs no file beside the page: PNG within 480 px a side, or JPEG where that is
 * smaller. What cannot be decoded is a text in its place; never throws.
 */
export async function pictureHtml(bytes: Uint8Array, alt: string): Promise<Html> {
  try {
    const { width, height } = await imageSize(bytes, 'picture');
    const input = () =>
      sharp(bytes, { failOn: 'warning', limitInputPixels: false })
        .resize(LONGEST, LONGEST, { fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#fff' });
    const [png, jpeg] = await Promise.all([
      input().png({ compressionLevel: 9, palette: true, quality: 100 }).toBuffer(),
      input().jpeg({ quality: 82 }).toBuffer(),
    ]);
    const [kind, data] = png.length <= jpeg.length ? ['png', png] : ['jpeg', jpeg];
    const shrink = Math.min(1, LONGEST / Math.max(width, height));
    const side = (length: number) => Math.max(1, Math.round(length * shrink));
    const source = `data:image/${kind};base64,${data.toString('base64')}`;
    return html`<img class="picture" src="${source}" alt="${alt}" width="${side(width)}" height="${side(height)}">`;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return html`<span class="picture broken" title="${why}">no picture: ${alt}</span>`;
  }
}
