import type { RgbImage } from '../vision/image.ts';

/** Sets a rectangle of row-major RGB data to 0; what lies outside the picture is left out. */
function blackenRect(
  data: Uint8Array,
  size: { width: number; height: number },
  rect: { left: number; top: number; right: number; bottom: number },
): void {
  const right = Math.min(rect.right, size.width);
  const bottom = Math.min(rect.bottom, size.height);
  for (let y = rect.top; y < bottom; y++)
    data.fill(0, (y * size.width + rect.left) * 3, (y * size.width + right) * 3);
}

/**
 * A copy with squares of `side` pixels blacked out. The picture is walked in rows of squares from the top left, the
 * ragged ones at the right and bottom edge included; each takes one `draw` in [0, 1) and goes black when it is below
 * `ratio`. Source: `random_patch_blackening` of the public PAPO code.
 */
export function blackenSquares(img: RgbImage, ratio: number, draw: () => number, side: number): RgbImage {
  const data = img.data.slice();
  for (let top = 0; top < img.height; top += side)
    for (let left = 0; left < img.width; left += side)
      if (draw() < ratio) blackenRect(data, img, { left, top, right: left + side, bottom: top + side });
  return { ...img, data };
}

/**
 * A copy with the given cells of a gridH x gridW grid blacked out; cells are numbered row-major. Cell edges are at
 * equal fractions of the sides, rounded down, so they are whole patches when the sides are multiples of the patch.
 */
export function blackenCells(
  img: RgbImage,
  gridH: number,
  gridW: number,
  cells: readonly number[],
): RgbImage {
  const data = img.data.slice();
  for (const cell of cells) {
    const row = Math.floor(cell / gridW);
    const column = cell % gridW;
    blackenRect(data, img, {
      left: Math.floor((column * img.width) / gridW),
      top: Math.floor((row * img.height) / gridH),
      right: Math.floor(((column + 1) * img.width) / gridW),
      bottom: Math.floor(((row + 1) * img.height) / gridH),
    });
  }
  return { ...img, data };
}
