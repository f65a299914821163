import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kindSchema, memberOf } from './open-set.ts';

const near = {
  kind: 'near',
  settings: z.strictObject({
    kind: z.literal('near'),
    within: z.number().min(0).default(1).describe('metres'),
  }),
} as const;
const named = {
  kind: 'named',
  settings: z.strictObject({ kind: z.literal('named'), name: z.string().describe('whose') }),
} as const;
const schema = kindSchema([near, named]);

describe('a block of one of several kinds', () => {
  it('is the block, its kind alone, or a block of the first kind', () => {
    expect(schema.parse({ kind: 'near', within: 2 })).toEqual({ kind: 'near', within: 2 });
    expect(schema.parse('near')).toEqual({ kind: 'near', within: 1 });
    expect(schema.parse({ within: 3 })).toEqual({ kind: 'near', within: 3 });
    expect(schema.parse({ kind: 'named', name: 'a' })).toEqual({ kind: 'named', name: 'a' });
  });

  it.each<[unknown, string]>([
    ['far', 'kind'],
    [{ kind: 'far' }, 'kind'],
    ['named', 'name'],
    [{ within: -1 }, 'within'],
    [null, ''],
    [[], ''],
    [7, ''],
  ])('refuses %j where it is wrong', (value, path) => {
    const { error } = schema.safeParse(value);
    expect(error?.issues[0]?.path.join('.')).toBe(path);
  });

  it('refuses a key that its kind does not have', () => {
    const { error } = schema.safeParse({ kind: 'named', name: 'a', within: 1 });
    expect(error?.issues[0]?.code).toBe('unrecognized_keys');
  });

  it('is described like the union of its kinds', () => {
    const described = JSON.stringify(z.toJSONSchema(schema, { io: 'input' }));
    for (const word of ['near', 'named', 'metres', 'whose']) expect(described).toContain(word);
  });
});

it('a member is found by its kind, and nothing else is', () => {
  expect(memberOf([near, named], { kind: 'named' })).toBe(named);
  expect(() => memberOf([near, named], { kind: 'toString' })).toThrow('there are near, named');
});
