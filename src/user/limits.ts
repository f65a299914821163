/** How long a person's own function may take, and how much. */

/** Seconds without an answer after which a function is taken to hang, unless told. */
export const TIMEOUT = 60;

/** The longest time that may be asked for: a day. */
export const MOST_SECONDS = 86_400;

/** Megabytes of objects that the thread of a function may hold; what lies in buffers (typed arrays) is not counted. */
export const HEAP_MB = 512;
