/**
 * Digits as strokes on a 4 x 6 grid (x to the right, y down), so that pictures need no font: a font of the system
 * would make the bytes differ between machines.
 */
const DIGITS: readonly string[] = [
  'M1 0H3Q4 0 4 1V5Q4 6 3 6H1Q0 6 0 5V1Q0 0 1 0Z',
  'M.6 1.4L2.2 0V6M.6 6H3.8',
  'M0 1.3Q0 0 1.4 0H2.6Q4 0 4 1.3Q4 2.2 3.2 3L0 6H4',
  'M0 0H4L1.8 2.5H2.6Q4 2.5 4 4.2Q4 6 2.4 6H1.4Q.3 6 0 5.2',
  'M3 6V0L0 4H4',
  'M3.8 0H.4V2.6H2.6Q4 2.6 4 4.2Q4 6 2.4 6H1.4Q.3 6 0 5.2',
  'M3.6 0H2.6Q0 .6 0 4Q0 6 1.4 6H2.6Q4 6 4 4.4Q4 2.8 2.6 2.8H1.4Q0 2.8 0 4.2',
  'M0 0H4L1.4 6',
  'M2 2.8Q.3 2.8 .3 1.4Q.3 0 2 0Q3.7 0 3.7 1.4Q3.7 2.8 2 2.8Q0 2.8 0 4.4Q0 6 2 6Q4 6 4 4.4Q4 2.8 2 2.8',
  'M.4 6H1.4Q4 5.4 4 2Q4 0 2.6 0H1.4Q0 0 0 1.6Q0 3.2 1.4 3.2H2.6Q4 3.2 4 1.8',
];

/**
 * SVG of a whole number, its top left corner at (x, y).
 * @param height of a digit in canvas units; a digit is 2/3 as wide, 9/60 of the height from the next.
 */
export function numberSvg(value: number, x: number, y: number, height: number, stroke: string): string {
  const unit = height / 6;
  return [...String(value)]
    .map((digit, i) => {
      const at = `translate(${(x + i * unit * 4.9).toFixed(2)} ${y}) scale(${unit.toFixed(3)})`;
      return `<path transform="${at}" d="${DIGITS[Number(digit)]}" fill="none" stroke="${stroke}" stroke-width=".85" stroke-linecap="round" stroke-linejoin="round"/>`;
    })
    .join('');
}
