/** What things in the pictures are called. */
export const COLORS = ['red', 'blue', 'green', 'yellow'] as const;
export type Color = (typeof COLORS)[number];

export const SHAPES = ['circle', 'square', 'triangle'] as const;
export type Shape = (typeof SHAPES)[number];

/** A class of objects: by colour, by shape, by both, or (neither given) every object. */
export interface Entity {
  color?: Color;
  shape?: Shape;
}

/** `red circles`, `circles`, `red objects`; one of them, unless `number` is 1: `red circle`. */
export function entityWords(entity: Entity, number = 2): string {
  const noun = `${entity.shape ?? 'object'}${number === 1 ? '' : 's'}`;
  return entity.color ? `${entity.color} ${noun}` : noun;
}
