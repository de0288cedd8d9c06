// Apart from the schemas: the thread that reads uploads needs the limits and starts faster without the rest.

/** The most credits one act may give one member: one row is stored a credit (the existing system's contract). */
export const MAX_CREDITS_PER_ALLOCATION = 100_000;
/** Validity limits in days; the default is that of the existing system. */
export const DEFAULT_VALIDITY_DAYS = 90;
export const MAX_VALIDITY_DAYS = 3_650;

/** `partner_private.most_staged_rows()`: more rows the server does not apply in one transaction. */
export const MAX_WHOLE_ROWS = 50_000;
