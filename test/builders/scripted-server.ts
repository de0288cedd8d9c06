/** What the scripted server does with one request: answer, or fail as a network does. */
export type ScriptedAnswer =
  | { readonly status?: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly fault: string };

export interface ScriptedRequest {
  /** Path below the origin, e.g. `/rest/v1/rpc/partner_changes`. */
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | null;
}

export interface ScriptedServer {
  readonly fetch: typeof globalThis.fetch;
  readonly requests: ScriptedRequest[];
  /** Answers from now on. */
  answer: (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;
  /** How often a path ending so was requested. */
  count(pathEnd: string): number;
}

/** A fetch without a network, for faults and for clocks that a test moves. */
export function scriptedServer(answer: ScriptedServer['answer']): ScriptedServer {
  const requests: ScriptedRequest[] = [];
  const server: ScriptedServer = {
    requests,
    answer,
    count: (pathEnd) => requests.filter((request) => request.path.endsWith(pathEnd)).length,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const request: ScriptedRequest = {
        path: url.pathname,
        body: typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {},
        authorization: new Headers(init?.headers).get('authorization'),
      };
      requests.push(request);
      const scripted = await server.answer(request);
      if ('fault' in scripted) {
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('failed'), { code: scripted.fault }) });
      }
      return new Response(typeof scripted.body === 'string' ? scripted.body : JSON.stringify(scripted.body), {
        status: scripted.status ?? 200,
        headers: { 'content-type': 'application/json', ...scripted.headers },
      });
    },
  };
  return server;
}

export const scriptedUser = { id: '00000000-0000-4000-8000-000001000000', email: 'admin@company.example' };

/** The auth server's answer; each call with its own number gives other tokens. */
export function tokenAnswer(number: number, expiresIn = 3_600, user = scriptedUser): ScriptedAnswer {
  return {
    body: {
      access_token: `access-${number}`,
      refresh_token: `refresh-${number}`,
      expires_in: expiresIn,
      token_type: 'bearer',
      user,
    },
  };
}

/** An empty page of the feed. */
export function changesAnswer(userId = scriptedUser.id, balance = 1_000): ScriptedAnswer {
  return {
    body: {
      partner: { id: userId, full_name: 'Company', email: scriptedUser.email, balance, low_balance: false },
      members: [],
      allocations: [],
      removed_members: [],
      cursor: 'cursor',
      has_more: false,
      server_time: '2026-05-01T12:00:00Z',
    },
  };
}

/** One command of a call of send_assignments, under the names of a single assignment's arguments. */
export type SentAssignment = Readonly<Record<string, unknown>>;

/** The commands of an assignment, or of many: in the order in which they were sent. */
export function assignmentsIn(request: ScriptedRequest): SentAssignment[] {
  if (request.path.endsWith('/assign_member_credits')) return [request.body];
  if (!request.path.endsWith('/send_assignments')) return [];
  const commands = request.body['p_commands'] as Readonly<Record<string, unknown>>[];
  return commands.map((command) =>
    Object.fromEntries(Object.entries(command).map(([key, value]) => [`p_${key}`, value])),
  );
}

/** The answer to an assignment, or to many, from what each is answered. */
export function answerAssignments(
  request: ScriptedRequest,
  one: (command: SentAssignment) => object,
  balance = 900,
): ScriptedAnswer {
  const commands = assignmentsIn(request);
  const [first] = commands;
  if (request.path.endsWith('/assign_member_credits') && first !== undefined) return { body: one(first) };
  const answers = commands.map((command) => ({ request_id: command['p_request_id'], ...one(command) }));
  return { body: { answers, balance, server_time: '2026-05-01T12:00:00Z' } };
}

/** Nothing is recorded under any id. */
export function nothingRecorded(balance = 1_000): ScriptedAnswer {
  return { body: { answers: [], balance, server_time: '2026-05-01T12:00:00Z' } };
}
