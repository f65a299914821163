import { z } from 'zod';
import { grader } from './grader.ts';

/** Longer answers hold no box. */
const LONGEST = 500;

const NUMBER = String.raw`\s*(-?\d+(?:\.\d+)?)\s*`;
const BOX = new RegExp(String.raw`^[^\d\-]*${NUMBER},${NUMBER},${NUMBER},${NUMBER}[^\d\-]*$`);

/**
 * Intersection over union of two boxes `[left, top, right, bottom]`, written with any brackets: the reward of VLM-R1 for
 * referring expressions (arXiv 2504.07615), with edges rather than pixels counted. An answer that is no box
 * is wrong; a reference that is none cannot be scored.
 */
export const iou = grader({
  name: 'iou',
  description: 'overlap of boxes [left, top, right, bottom], intersection over union',
  judges: 'answer',
  settings: {
    overlap: z.number().min(0).max(1).default(0).describe('for iou: least overlap that counts'),
  },
  score({ given, truth }, { overlap }) {
    const right = boxOf(truth);
    if (!right) return null;
    const box = boxOf(given);
    const share = box ? overlapOf(box, right) : 0;
    return share >= overlap ? share : 0;
  },
});

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Four numbers and nothing else but brackets and words, with some area; undefined for anything else. */
function boxOf(text: string): Box | undefined {
  // Names, such as that in {"bbox_2d": […]}, are words.
  const found = text.length > LONGEST ? null : BOX.exec(text.replace(/"[^"]*"/g, ''));
  if (!found) return undefined;
  const [left, top, right, bottom] = found.slice(1).map(Number);
  return right > left && bottom > top ? [left, top, right, bottom] : undefined;
}

const areaOf = ([left, top, right, bottom]: Box): number => (right - left) * (bottom - top);

function overlapOf(a: Box, b: Box): number {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (wide <= 0 || high <= 0) return 0;
  return (wide * high) / (areaOf(a) + areaOf(b) - wide * high);
}
