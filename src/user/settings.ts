/** The settings that every function of a person's own has. */
import { z } from 'zod';
import { MOST_SECONDS, TIMEOUT } from './limits.ts';

/** Where the function is, `path/to/file.ts#exportName`: counted from the file of settings that names it. */
export const referenceSetting = z.string().min(1).max(4096).meta({ path: true });

/** Seconds without an answer after which the function is cut off. */
export const timeoutSetting = z.number().gt(0).max(MOST_SECONDS).default(TIMEOUT);
