import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { expect, it } from 'vitest';
import { readPolicy } from './checkpoint.ts';
import { DEFAULT_POLICY, isBuiltin, policyFolder, shippedPolicies } from './shipped.ts';

it('the policies of the package are there by name, the default among them', () => {
  expect(shippedPolicies()).toContain(DEFAULT_POLICY);
  for (const name of shippedPolicies()) {
    expect(isBuiltin(name)).toBe(true);
    const dir = policyFolder(name);
    expect(isAbsolute(dir) && existsSync(join(dir, 'recipe.json'))).toBe(true);
    expect(readPolicy(dir).parameters.length).toBeGreaterThan(0);
  }
});

it('a path stays what it is, and a name that is none is told with those there are', () => {
  for (const path of ['runs/x', './builtin:looking', '', './looking']) expect(policyFolder(path)).toBe(path);
  for (const name of ['builtin:', 'builtin:lookin', 'builtin:../policies/looking', 'builtin:Looking'])
    expect(() => policyFolder(name)).toThrow(
      `${name}: no such policy in the package (there are ${shippedPolicies().join(', ')})`,
    );
  expect(() => policyFolder('looking')).toThrow('the policy that comes with papo is builtin:looking');
});
