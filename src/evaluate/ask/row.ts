import type { Row } from '../../data/row.ts';
import { asRow } from '../../rollout/load-policy.ts';
import type { Asking } from './types.ts';

/** The question as a row: its pictures come first where it has no `<image>` marks of its own. */
export const rowOf = ({ question, pictures }: Asking): Row =>
  asRow({ problem: question, images: pictures.map(({ bytes }) => bytes) });
