import { ok } from '../../shared/result.ts';
import type { Handlers } from '../application.ts';
import type { Session } from './session.ts';

type SessionOperationName = 'session.state' | 'session.signIn' | 'session.continueOffline' | 'session.signOut';

export function sessionOperations(session: Session): Pick<Handlers, SessionOperationName> {
  return {
    'session.state': () => ok(session.state()),
    'session.signIn': (input) => session.signIn(input),
    'session.continueOffline': ({ accountId }) => session.continueOffline(accountId),
    'session.signOut': (options) => session.signOut(options),
  };
}
