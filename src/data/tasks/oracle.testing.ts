/** A second way to the answers, for tests: reads the words of the problem and the picture's content, not the question. */
import type { Row } from '../row.ts';

const COLOR = 'red|blue|green|yellow';
const SHAPE = 'circle|square|triangle';

export function oracleAnswer(row: Pick<Row, 'problem' | 'meta'>): string {
  const scene = row.meta!.scene;
  const text = row.problem.slice(row.problem.search(/(How|Which|By)\b/));
  const objects = scene.kind === 'shapes' ? scene.objects : [];
  const words = (phrase: string) => (o: { color: string; shape: string }) =>
    phrase.split(' ').every((w) => /^objects?$/.test(w) || w === o.color || w.replace(/s$/, '') === o.shape);
  const many = (phrase: string) => objects.filter(words(phrase)).length;
  const bar = (color: string) => (scene.kind === 'chart' ? scene.bars : []).find((b) => b.color === color)!.height;
  const only = (names: string[], value: (name: string) => number) => {
    const sorted = [...names].sort((a, b) => value(b) - value(a));
    if (value(sorted[0]) === value(sorted[1])) throw new Error('tie');
    return sorted[0];
  };
  const match = (pattern: string) => new RegExp(`^${pattern}\\?$`).exec(text)?.slice(1);
  let m: string[] | undefined;
  if ((m = match('How many more (.+) than (.+) are there'))) {
    return String(many(m[0]) - many(m[1].replace(' objects', '')));
  }
  if ((m = match('How many (.+) and (.+) are there in total'))) return String(many(m[0]) + many(m[1]));
  if ((m = match(`How many objects are (?:to the )?(left|right|above|below)(?: of)? the (${COLOR}) (${SHAPE})`))) {
    const [side, color, shape] = m;
    const from = objects.filter((o) => o.color === color && o.shape === shape);
    if (from.length !== 1) throw new Error('landmark');
    const place = (o: { row: number; column: number }) =>
      side === 'left' ? -o.column : side === 'right' ? o.column : side === 'above' ? -o.row : o.row;
    return String(objects.filter((o) => place(o) > place(from[0])).length);
  }
  if ((m = match('How many (.+) are there'))) return String(many(m[0]));
  if ((m = match(`Which color is most common(?: among the (${SHAPE})s)?`))) {
    const among = m[0] ?? '';
    return only(COLOR.split('|'), (c) => many(`${c} ${among}`.trim()));
  }
  if (match('Which shape is most common')) return only(SHAPE.split('|'), many);
  if ((m = match(`Which color is the object directly (left|right|above|below)(?: of)? the (${COLOR}) (${SHAPE})`))) {
    const [side, color, shape] = m;
    const from = objects.find((o) => o.color === color && o.shape === shape)!;
    const row = from.row + (side === 'below' ? 1 : side === 'above' ? -1 : 0);
    const column = from.column + (side === 'right' ? 1 : side === 'left' ? -1 : 0);
    return objects.find((o) => o.row === row && o.column === column)!.color;
  }
  if ((m = match(`How high is the (${COLOR}) bar`))) return String(bar(m[0]));
  if ((m = match(`How high are the (${COLOR}) and (${COLOR}) bars in total`))) return String(bar(m[0]) + bar(m[1]));
  if ((m = match(`How much higher is the (${COLOR}) bar than the (${COLOR}) bar`))) return String(bar(m[0]) - bar(m[1]));
  if ((m = match('Which bar is (highest|lowest)'))) {
    const sign = m[0] === 'highest' ? 1 : -1;
    return only(COLOR.split('|'), (c) => sign * bar(c));
  }
  const angle = scene.kind === 'angle' ? scene.angle : Number.NaN;
  if (match('How many degrees is the other acute angle')) return String(90 - angle);
  if (match('By how many degrees do the acute angles differ')) return String(Math.abs(90 - 2 * angle));
  throw new Error(`unknown question: ${text}`);
}
