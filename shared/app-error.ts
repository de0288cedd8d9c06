import * as z from 'zod';

/** Where a connection broke, so that an IT person knows where to look. */
export const networkFault = z.enum(['dns', 'refused', 'tls', 'proxy', 'timeout', 'reset', 'server', 'unreachable']);
export type NetworkFault = z.infer<typeof networkFault>;

/**
 * Every way in which an operation can fail, with the data its message needs. Closed: each place that turns
 * a code into words or behaviour switches on `code` exhaustively.
 */
export const appError = z.discriminatedUnion('code', [
  /** The server cannot be reached; `fault` says which step failed, `detail` is safe to show to IT. */
  z.object({ code: z.literal('offline'), fault: networkFault, host: z.string(), detail: z.string() }),
  z.object({ code: z.literal('timeout'), host: z.string(), seconds: z.number() }),
  /** `wrong_password` covers an unknown e-mail too: the server does not tell them apart. */
  z.object({ code: z.literal('signed_out'), reason: z.enum(['wrong_password', 'expired', 'not_signed_in']) }),
  z.object({ code: z.literal('forbidden'), reason: z.enum(['not_a_partner', 'sender', 'server']) }),
  z.object({ code: z.literal('not_found'), what: z.enum(['member', 'draft', 'row', 'item', 'operation', 'project']) }),
  /** The thing was changed or is busy in the meantime. */
  z.object({
    code: z.literal('conflict'),
    what: z.enum(['draft_busy', 'draft_submitted', 'item_sending', 'request_id_reused']),
  }),
  z.object({ code: z.literal('invalid_input'), field: z.string(), reason: z.string() }),
  /** A file that cannot be read as a table of members; `line` counts from 1. */
  z.object({
    code: z.literal('unreadable_file'),
    reason: z.enum([
      'empty',
      'header_only',
      'binary',
      'password',
      'old_spreadsheet',
      'binary_spreadsheet',
      'open_document',
      'damaged',
      'too_many_rows',
      'no_email_column',
      'broken_quote',
      'misplaced_quote',
      'encoding',
      'too_large',
    ]),
    line: z.number().int().optional(),
    column: z.string().optional(),
  }),
  /** The server decided against the command; the reason is its stable code, e.g. `insufficient_credits`. */
  z.object({ code: z.literal('refused'), reason: z.string(), shortfall: z.number().int().optional() }),
  z.object({ code: z.literal('outdated_client') }),
  z.object({
    code: z.literal('cache_unavailable'),
    reason: z.enum(['locked', 'full', 'read_only', 'corrupt', 'newer']),
  }),
  z.object({ code: z.literal('cancelled') }),
  /** A bug. The incident id stands in the log beside the stack. */
  z.object({ code: z.literal('unexpected'), incident: z.string() }),
]);
export type AppError = z.infer<typeof appError>;
