import { ImageError } from '../errors.ts';
import type { RgbImage } from './image.ts';

/** Fraction bits of the 8-bit path: 32 for the sum, less 8 for the sample, less 2 for overshoot. */
const PRECISION_BITS = 32 - 8 - 2;
const BICUBIC_SUPPORT = 2;

/** Keys' cubic with a = -1/2. */
function bicubic(x: number): number {
  const a = -0.5;
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * a;
  return 0;
}

interface Taps {
  /** First source index of each output index. */
  readonly first: Int32Array;
  /** Number of taps of each output index. */
  readonly count: Int32Array;
  /** Fixed-point weights, [outputs, stride]. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** `precompute_coeffs` and `normalize_coeffs_8bpc`, in the same order of floating-point operations. */
function bicubicTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = BICUBIC_SUPPORT * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * stride);
  const w = new Float64Array(stride);
  const inverse = 1 / filterScale;
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const low = Math.max(Math.trunc(center - support + 0.5), 0);
    const n = Math.min(Math.trunc(center + support + 0.5), inSize) - low;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      w[i] = bicubic((i + low - center + 0.5) * inverse);
      sum += w[i];
    }
    for (let i = 0; i < n; i++) {
      const exact = (sum !== 0 ? w[i] / sum : w[i]) * (1 << PRECISION_BITS);
      weights[out * stride + i] = Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
    }
    first[out] = low;
    count[out] = n;
  }
  return { first, count, weights, stride };
}

function clip8(sum: number): number {
  const v = sum >> PRECISION_BITS;
  return v < 0 ? 0 : v > 255 ? 255 : v;
}

function horizontal(img: RgbImage, outWidth: number): RgbImage {
  const { width, height, data } = img;
  const { first, count, weights, stride } = bicubicTaps(width, outWidth);
  const out = new Uint8Array(outWidth * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < outWidth; x++) {
      let r = 1 << (PRECISION_BITS - 1);
      let g = r;
      let b = r;
      let p = (y * width + first[x]) * 3;
      const end = x * stride + count[x];
      for (let k = x * stride; k < end; k++, p += 3) {
        const w = weights[k];
        r += Math.imul(data[p], w);
        g += Math.imul(data[p + 1], w);
        b += Math.imul(data[p + 2], w);
      }
      const o = (y * outWidth + x) * 3;
      out[o] = clip8(r);
      out[o + 1] = clip8(g);
      out[o + 2] = clip8(b);
    }
  return { width: outWidth, height, data: out };
}

function vertical(img: RgbImage, outHeight: number): RgbImage {
  const { width, height, data } = img;
  const { first, count, weights, stride } = bicubicTaps(height, outHeight);
  const row = width * 3;
  const out = new Uint8Array(row * outHeight);
  const sums = new Int32Array(row);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(1 << (PRECISION_BITS - 1));
    for (let k = 0; k < count[y]; k++) {
      const w = weights[y * stride + k];
      const p = (first[y] + k) * row;
      for (let x = 0; x < row; x++) sums[x] += Math.imul(data[p + x], w);
    }
    for (let x = 0; x < row; x++) out[y * row + x] = clip8(sums[x]);
  }
  return { width, height: outHeight, data: out };
}

/**
 * Resizes to width x height pixels, byte for byte as Pillow's `Image.resize((width, height), BICUBIC)` does on an
 * RGB image: antialiased, fixed point, horizontal pass first, each pass rounded to 8 bits and skipped when that side
 * keeps its length. Source: libImaging/Resample.c. Throws ImageError when a side is below 1.
 */
export function resizeBicubic(img: RgbImage, width: number, height: number): RgbImage {
  if (width < 1 || height < 1)
    throw new ImageError(
      `resize of ${img.width}x${img.height} to ${width}x${height}: height and width must be > 0; the picture is too long and thin for these pixel limits`,
    );
  const wide = width === img.width ? img : horizontal(img, width);
  return height === img.height ? wide : vertical(wide, height);
}
