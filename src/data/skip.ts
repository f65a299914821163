/** Why a row is not used. One bad row never ends a run: it is left out and counted under one of these. */
import { DataError } from '../errors.ts';

export type SkipReason =
  | 'not JSON'
  | 'too large'
  | 'no problem'
  | 'no answer'
  | 'wrong type'
  | 'several turns'
  | 'video'
  | 'no image'
  | 'image by URL'
  | 'image marks'
  | 'too many images'
  | 'unreadable image'
  | 'unreadable'
  | 'too long';

/** Thrown for one row alone; the others of its file can be used. */
export class UnusableRow extends DataError {
  readonly reason: SkipReason;

  constructor(reason: SkipReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** How many rows are left out for each reason. */
export type Skipped = Partial<Record<SkipReason, number>>;
