/** The built package: threads of its own run code of dist/, so what opens a policy is tested there. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const index = new URL('../dist/index.js', import.meta.url);

/** Whether `npm run build` has been run, as `npm test` does. */
export const isBuilt = existsSync(fileURLToPath(index));

export const builtPapo = (): Promise<typeof import('../src/index.ts')> => import(index.href);
