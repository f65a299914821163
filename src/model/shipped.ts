/** The policies that come with the package: one folder each under assets/policies, asked for as `builtin:NAME`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointError, quoted } from '../errors.ts';

const SHIPPED = fileURLToPath(new URL('../../assets/policies', import.meta.url));
const BUILTIN = 'builtin:';

/** What a run trains that names no policy. */
export const DEFAULT_POLICY = 'builtin:prior';

/** Whether this names a policy that comes with the package, whether or not there is one of that name; else it is a path. */
export const isBuiltin = (policy: string): boolean => policy.startsWith(BUILTIN);

/** `builtin:NAME` of each that is there, in alphabetical order. */
export function shippedPolicies(): string[] {
  try {
    const entries = readdirSync(SHIPPED, { withFileTypes: true });
    return entries.flatMap((e) => (e.isDirectory() ? [`${BUILTIN}${e.name}`] : [])).sort();
  } catch {
    return [];
  }
}

/**
 * Where a policy lies: the folder of `builtin:NAME` in the package, any other text as it is.
 * @throws CheckpointError where no policy of that name comes with the package, and for the bare name of one that does where
 *   there is no such folder
 */
export function policyFolder(policy: string): string {
  const there = shippedPolicies();
  const meant = `${BUILTIN}${policy}`;
  if (there.includes(meant) && !existsSync(policy))
    throw new CheckpointError(`${policy}: no such folder; the policy that comes with papo is ${meant}`);
  if (!isBuiltin(policy)) return policy;
  if (there.includes(policy)) return join(SHIPPED, policy.slice(BUILTIN.length));
  const names = there.length > 0 ? `there are ${there.join(', ')}` : `${SHIPPED} is empty or not there`;
  throw new CheckpointError(
    `${quoted(policy)}: no such policy in the package (${names}); install papo again, or name a checkpoint folder`,
  );
}
