/** How long a person's own function may take. */

/** Seconds without an answer after which a function is taken to hang, unless told. */
export const TIMEOUT = 60;

/** The longest time that may be asked for: a day. */
export const MOST_SECONDS = 86_400;
