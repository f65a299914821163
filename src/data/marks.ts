/** The marks that stand for pictures in a question, and which picture each of them means. */

export const MARK = '<image>';
export const VIDEO = '<video>';
/** A picture of a message that has no source of its own. */
export const IMAGE = Symbol('the next picture of the columns');

/** `<image>`, `<image_4>`, `<image 1>`, `<image1>`, with or without a space before the bracket. */
const MARKS = /<image(?:[ _]?(\d{1,3}))?\s?>/g;

/** Numbers of the numbered marks, and how many marks there are that are not. */
export function marksIn(problem: string): { plain: number; numbers: number[] } {
  const all = [...problem.matchAll(MARKS)].map((m) => m[1]);
  return {
    plain: all.filter((n) => n === undefined).length,
    numbers: [...new Set(all.flatMap((n) => (n === undefined ? [] : [Number(n)])))],
  };
}

/**
 * The question with one `<image>` for each picture, and which picture each mark stands for.
 * A numbered mark means the picture of that number; where the numbers do not fit (`<image_4>` with one picture), the marks
 * mean the pictures in order, where there are as many. Its first mention is the place of the picture, later ones become words. Pictures that
 * the text does not mention come before it.
 * @param numbers the number of each picture: the digit of its column's name, else its place in the list, from 1
 * @returns `order`: indices into the pictures, in the order of their marks; undefined where marks and pictures do not fit
 */
export function placePictures(
  problem: string,
  numbers: readonly number[],
): { problem: string; order: number[] } | undefined {
  const marks = marksIn(problem);
  const pictureOf = new Map<number, number>();
  const fits = marks.numbers.every((n) => numbers.includes(n));
  if (!fits && marks.numbers.length !== numbers.length) return undefined;
  [...marks.numbers]
    .sort((a, b) => a - b)
    .forEach((n, i) => {
      pictureOf.set(n, fits ? numbers.indexOf(n) : i);
    });
  const named = new Set(pictureOf.values());
  const free = numbers.map((_, i) => i).filter((i) => !named.has(i));
  if (marks.plain > free.length) return undefined;
  // Those that are not mentioned are the first: a text that mentions one of two shows the other before it.
  const before = free.splice(0, free.length - marks.plain);
  const order = [...before];
  const placed = new Set<number>();
  const text = problem.replaceAll(MARKS, (_, digits?: string) => {
    const at = digits === undefined ? free.shift() : pictureOf.get(Number(digits));
    if (at === undefined || placed.has(at)) return `image ${digits}`;
    placed.add(at);
    order.push(at);
    return MARK;
  });
  return { problem: MARK.repeat(before.length) + text, order };
}
