/** What tests know of Pillow. */
import type { Metadata } from 'sharp';

/** Byte 25 of a PNG file is its colour type: 4 is grey with alpha, 6 is RGB with alpha. */
const WITH_ALPHA = [4, 6];

/** The mode in which `Image.open` of Pillow opens a file; a transparent colour is no alpha channel to it. */
export function pillowMode(bytes: Uint8Array, metadata: Metadata): string {
  const { format, space, bitsPerSample, isPalette, hasAlpha } = metadata;
  const alpha = format === 'png' ? WITH_ALPHA.includes(bytes[25]) : hasAlpha;
  if (isPalette) return 'P';
  if (space === 'cmyk') return 'CMYK';
  if (bitsPerSample === 1) return '1';
  if (space === 'grey16') return alpha ? 'RGBA' : 'I;16';
  if (space === 'b-w') return alpha ? 'LA' : 'L';
  return alpha ? 'RGBA' : 'RGB';
}
