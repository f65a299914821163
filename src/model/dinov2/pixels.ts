/** A picture as DINOv2 is fed it: its size, its patches, and the position table for its grid. */
import type { RgbImage } from '../../vision/image.ts';

/** The four taps of PyTorch's bicubic (Keys' cubic with a = -3/4) around output `i`; outside, the border repeats. */
function taps(i: number, from: number, to: number): { at: number[]; weight: number[] } {
  const a = -0.75;
  const centre = ((i + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  const f = centre - first;
  const near = (x: number) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return {
    at: [-1, 0, 1, 2].map((k) => Math.min(Math.max(first + k, 0), from - 1)),
    weight: [far(f + 1), near(f), near(1 - f), far(2 - f)],
  };
}

/**
 * The position table [1 + side², d] for a grid of another size: [1 + gridH · gridW, d]. The row of CLS stays; the others
 * are resized as `torch.nn.functional.interpolate(mode='bicubic', align_corners=False)` does, without antialiasing.
 */
export function interpolatePositions(
  table: Float32Array,
  side: number,
  gridH: number,
  gridW: number,
): Float32Array {
  if (gridH === side && gridW === side) return table;
  const d = table.length / (side * side + 1);
  const out = new Float32Array((gridH * gridW + 1) * d);
  out.set(table.subarray(0, d));
  const columns = Array.from({ length: gridW }, (_, x) => taps(x, side, gridW));
  const sums = new Float64Array(d);
  for (let y = 0; y < gridH; y++) {
    const rows = taps(y, side, gridH);
    for (let x = 0; x < gridW; x++) {
      sums.fill(0);
      for (let r = 0; r < 4; r++)
        for (let s = 0; s < 4; s++) {
          const weight = rows.weight[r] * columns[x].weight[s];
          const from = (1 + rows.at[r] * side + columns[x].at[s]) * d;
          for (let k = 0; k < d; k++) sums[k] += weight * table[from + k];
        }
      out.set(sums, (1 + y * gridW + x) * d);
    }
  }
  return out;
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/**
 * The size at which a picture is looked at: scaled down until no side is above `longest`, then each side rounded to the
 * nearest multiple of the patch, one patch at least.
 */
export function dinov2Size(
  img: { width: number; height: number },
  patchSize: number,
  longest: number,
): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(img.width, img.height));
  const most = Math.max(1, Math.floor(longest / patchSize));
  const rounded = (side: number) =>
    Math.min(Math.max(Math.round((side * scale) / patchSize), 1), most) * patchSize;
  return { width: rounded(img.width), height: rounded(img.height) };
}

/** Patches row by row, normalised with the mean and deviation of ImageNet: [N, 3 · patchSize²], channel, row, column. */
export function dinov2Pixels(img: RgbImage, patchSize: number): Float32Array {
  const gridW = img.width / patchSize;
  const out = new Float32Array(img.width * img.height * 3);
  for (let y = 0, p = 0; y < img.height; y++)
    for (let x = 0; x < img.width; x++, p += 3) {
      const patch = Math.floor(y / patchSize) * gridW + Math.floor(x / patchSize);
      for (let c = 0; c < 3; c++) {
        const at = ((patch * 3 + c) * patchSize + (y % patchSize)) * patchSize + (x % patchSize);
        out[at] = (img.data[p + c] / 255 - IMAGENET_MEAN[c]) / IMAGENET_STD[c];
      }
    }
  return out;
}
