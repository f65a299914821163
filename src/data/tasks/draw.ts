/** Pictures of scenes: SVG drawn by resvg, without fonts, the same pixels on every machine. */
import { Resvg } from '@resvg/resvg-js';
import type { RgbImage } from '../../vision/image.ts';
import { numberSvg } from './glyphs.ts';
import {
  type AngleScene,
  CELL,
  type ChartScene,
  type Color,
  GRID,
  type Scene,
  type ShapesScene,
} from './scene.ts';

const FILL: Record<Color, string> = { red: '#d92323', blue: '#2452d6', green: '#1f9a3c', yellow: '#f2c200' };
const EDGE: Record<Color, string> = { red: '#8f1212', blue: '#122f86', green: '#0f5f22', yellow: '#9a7a00' };
const INK = '#222';
const SIDE = GRID * CELL;

function shapesSvg(scene: ShapesScene): string {
  return scene.objects
    .map(({ color, shape, row, column, radius: r }) => {
      const x = (column + 0.5) * CELL + scene.shift.columns[column];
      const y = (row + 0.5) * CELL + scene.shift.rows[row];
      const paint = `fill="${FILL[color]}" stroke="${EDGE[color]}"`;
      if (shape === 'circle') return `<circle cx="${x}" cy="${y}" r="${r}" ${paint}/>`;
      if (shape === 'square') {
        const h = r * 0.88;
        return `<rect x="${x - h}" y="${y - h}" width="${2 * h}" height="${2 * h}" ${paint}/>`;
      }
      const [up, down, half] = [0.96 * r, 0.86 * r, 1.08 * r];
      return `<path d="M${x} ${y - up}L${x + half} ${y + down}H${x - half}Z" ${paint}/>`;
    })
    .join('');
}

const BASE = SIDE - 8;
const STEP = 16;

function chartSvg(scene: ChartScene): string {
  const parts: string[] = [];
  for (let value = 1; value <= 6; value++) {
    const y = BASE - value * STEP;
    parts.push(`<path d="M8 ${y}H${SIDE}" stroke="#999" stroke-width=".8"/>`);
    parts.push(numberSvg(value, 1.5, y - 3.5, 7, INK));
  }
  scene.bars.forEach(({ color, height }, i) => {
    const [x, h] = [i * CELL + 9, height * STEP];
    parts.push(
      `<rect x="${x}" y="${BASE - h}" width="17" height="${h}" fill="${FILL[color]}" stroke="${EDGE[color]}"/>`,
    );
  });
  parts.push(`<path d="M8 4V${BASE}H${SIDE}" stroke="${INK}" stroke-width="1.4" fill="none"/>`);
  return parts.join('');
}

/** The picture of the triangle keeps within these degrees. */
const [FLATTEST, STEEPEST] = [25, 65];

function angleSvg(scene: AngleScene): string {
  const { angle, color, toRight, toBottom, markedLeg, length } = scene;
  const drawn = (Math.min(Math.max(angle, FLATTEST), STEEPEST) * Math.PI) / 180;
  const slope = Math.tan(drawn);
  const across = slope <= 1 ? length : length / slope;
  const along = slope <= 1 ? length * slope : length;
  // `across` is the leg that ends in the marked vertex. The number has the outermost row or column of cells to itself.
  const horizontal = markedLeg === 'horizontal';
  const [w, h] = horizontal ? [across, along] : [along, across];
  const [marginX, marginY] = horizontal
    ? [SIDE - CELL - w - 4, (SIDE - h) / 2]
    : [(SIDE - w) / 2, SIDE - CELL - h - 4];
  const x0 = toRight ? marginX : SIDE - marginX;
  const y0 = toBottom ? marginY : SIDE - marginY;
  const [sx, sy] = [toRight ? 1 : -1, toBottom ? 1 : -1];
  const [x1, y1] = [x0 + sx * w, y0 + sy * h];
  const corner = 8;
  // The cell beyond the marked vertex, so that one visual token sees the whole number.
  const cell = (at: number) => Math.min(Math.max(Math.floor(at / CELL), 0), GRID - 1) * CELL;
  const cellX = horizontal ? (toRight ? SIDE - CELL : 0) : cell(x0);
  const cellY = horizontal ? cell(y0) : toBottom ? SIDE - CELL : 0;
  return [
    `<path d="M${x0} ${y0}L${x1} ${y0}L${x0} ${y1}Z" fill="${FILL[color]}" fill-opacity=".35" stroke="${EDGE[color]}" stroke-width="2" stroke-linejoin="round"/>`,
    `<path d="M${x0 + sx * corner} ${y0}V${y0 + sy * corner}H${x0}" fill="none" stroke="${INK}" stroke-width="1.5"/>`,
    `<circle cx="${horizontal ? x1 : x0}" cy="${horizontal ? y0 : y1}" r="3.5" fill="${INK}"/>`,
    numberSvg(angle, cellX + 2.4, cellY + 6.2, 15.6, INK),
  ].join('');
}

/** The picture as SVG text, `size` x `size` pixels. */
export function sceneSvg(scene: Scene): string {
  const body =
    scene.kind === 'shapes' ? shapesSvg(scene) : scene.kind === 'chart' ? chartSvg(scene) : angleSvg(scene);
  const [r, g, b] = scene.background;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${scene.size}" height="${scene.size}" viewBox="0 0 ${SIDE} ${SIDE}"><rect width="${SIDE}" height="${SIDE}" fill="rgb(${r},${g},${b})"/>${body}</svg>`;
}

const draw = (scene: Scene) => new Resvg(sceneSvg(scene), { font: { loadSystemFonts: false } }).render();

/** The picture as pixels [H, W, 3], for those who need no file: about three times as fast as by way of a PNG. */
export function renderScene(scene: Scene): RgbImage {
  const rendered = draw(scene);
  const { width, height, pixels } = rendered;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = pixels[from];
    data[to + 1] = pixels[from + 1];
    data[to + 2] = pixels[from + 2];
  }
  return { width, height, data };
}

/** The same picture as a PNG file. */
export function renderPng(scene: Scene): Uint8Array {
  return new Uint8Array(draw(scene).asPng());
}
