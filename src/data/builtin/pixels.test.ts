/** The answers of the built-in tasks can be found from the pixels alone, however full the picture is. */
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../vision/image.ts';
import { type Scene, TASKS } from '../tasks/index.ts';
import { SIZES } from '../tasks/shared/canvas.ts';
import { DIFFICULTIES } from '../tasks/shared/difficulty.ts';
import { numberSvg } from '../tasks/shared/glyphs.ts';
import { renderScene } from './draw.ts';
import { makeUndrawn } from './make.ts';
import { answerIn } from './oracle.testing.ts';

const PAINT = {
  red: [217, 35, 35],
  blue: [36, 82, 214],
  green: [31, 154, 60],
  yellow: [242, 194, 0],
} as const;
type Color = keyof typeof PAINT;
const COLORS = Object.keys(PAINT) as Color[];

/** Of the paint that a pixel has, if it has one. */
function colorAt({ width, data }: RgbImage, x: number, y: number): Color | undefined {
  const at = 3 * (y * width + x);
  return COLORS.find((color) => PAINT[color].every((v, i) => Math.abs(v - data[at + i]) < 12));
}

/** Coloured shapes, cell by cell: a circle fills 79 % of its box, a square all, a triangle half. */
function readShapes(image: RgbImage): Scene {
  const cell = image.width / 4;
  const objects = Array.from({ length: 16 }, (_, i) => {
    const [row, column] = [i >> 2, i % 4];
    const counts = new Map<Color, number>();
    const [xs, ys]: number[][] = [[], []];
    for (let y = row * cell; y < (row + 1) * cell; y++)
      for (let x = column * cell; x < (column + 1) * cell; x++) {
        const color = colorAt(image, x, y);
        if (!color) continue;
        counts.set(color, (counts.get(color) ?? 0) + 1);
        xs.push(x);
        ys.push(y);
      }
    const [most] = [...counts].sort((a, b) => b[1] - a[1]);
    if (!most) return [];
    const side = (v: readonly number[]) => Math.max(...v) - Math.min(...v) + 1;
    const full = xs.length / (side(xs) * side(ys));
    const shape = full > 0.93 ? 'square' : full > 0.66 ? 'circle' : 'triangle';
    return [{ color: most[0], shape, row, column, radius: 9 } as const];
  }).flat();
  return { ...CANVAS, kind: 'shapes', objects, shift: { columns: [], rows: [] } };
}

/** Bars between gridlines that are 16 units apart. */
function readChart(image: RgbImage): Scene {
  const unit = image.width / 112;
  const bars = [0, 1, 2, 3].map((i) => {
    const column = Array.from({ length: image.height }, (_, y) =>
      colorAt(image, Math.floor((i * 28 + 17.5) * unit), y),
    ).filter((color) => color !== undefined);
    return { color: column[0], height: Math.round(column.length / (16 * unit)) };
  });
  return { ...CANVAS, kind: 'chart', bars };
}

/** Where a square of an image is as dark as ink. */
const ink = ({ width, data }: RgbImage, left: number, top: number, side: number) =>
  Array.from({ length: side * side }, (_, i) => {
    const at = 3 * ((top + Math.floor(i / side)) * width + left + (i % side));
    return data[at] < 128 && data[at + 1] < 128 && data[at + 2] < 128;
  });

const written = new Map<string, boolean[]>();

/** A number as it looks in a cell. */
function numberIn(cell: number, value: number): boolean[] {
  const key = `${cell} ${value}`;
  const known = written.get(key);
  if (known) return known;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${cell}" height="${cell}" viewBox="0 0 28 28"><rect width="28" height="28" fill="#fff"/>${numberSvg(value, 2.4, 6.2, 15.6, '#222')}</svg>`;
  const { pixels, width, height } = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
  const data = new Uint8Array(pixels.filter((_, i) => i % 4 < 3));
  const made = ink({ width, height, data }, 0, 0, cell);
  written.set(key, made);
  return made;
}

/** The number that one of the cells holds. */
function readAngle(image: RgbImage): Scene {
  const cell = image.width / 4;
  let [best, angle] = [Number.POSITIVE_INFINITY, Number.NaN];
  for (let i = 0; i < 16; i++) {
    const seen = ink(image, (i % 4) * cell, (i >> 2) * cell, cell);
    for (let value = 10; value <= 80; value += 5) {
      const far = numberIn(cell, value).filter((dark, at) => dark !== seen[at]).length;
      if (far < best) [best, angle] = [far, value];
    }
  }
  const look = { color: 'red', toRight: true, toBottom: true, markedLeg: 'vertical', length: 60 } as const;
  return { ...CANVAS, kind: 'angle', angle, ...look };
}

const CANVAS: { size: 112; background: [number, number, number] } = { size: 112, background: [0, 0, 0] };

describe('pictures of the built-in tasks', () => {
  it.each(TASKS.flatMap((task) => DIFFICULTIES.map((difficulty) => [task, difficulty] as const)))(
    'show the answer: %s, %s',
    (task, difficulty) => {
      for (let i = 0; i < 30; i++) {
        const size = SIZES[i % SIZES.length];
        const { problem, answer, meta } = makeUndrawn('pixels', i, { tasks: [task], difficulty, size });
        const image = renderScene(meta.scene);
        const read = problem.includes('acute')
          ? readAngle
          : /\bbars?\b/.test(problem)
            ? readChart
            : readShapes;
        expect([problem, i, answerIn(problem, read(image))]).toEqual([problem, i, answer]);
      }
    },
  );
});
