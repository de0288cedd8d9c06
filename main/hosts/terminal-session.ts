import { randomUUID } from 'node:crypto';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import type { Application } from '../application.ts';
import { createDispatch } from '../ipc/dispatch.ts';
import type { Platform } from '../platform/platform.ts';
import { faultWords } from './terminal-upload-words.ts';

/** A fault that ends the command: nothing (more) can be done. */
export class CommandFault extends Error {
  readonly error: AppError | null;
  constructor(message: string, error: AppError | null) {
    super(message);
    this.error = error;
  }
}

/** The signed-in application; a fault of any operation ends the command. */
export class Session {
  readonly application: Application;
  readonly #platform: Platform;
  readonly #dispatch: ReturnType<typeof createDispatch>;

  constructor(application: Application, platform: Platform) {
    this.application = application;
    this.#platform = platform;
    this.#dispatch = createDispatch(application.handlers, { log: platform.log, newIncident: randomUUID });
  }

  async call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const result = await this.#dispatch(name, input);
    if (!result.ok) throw new CommandFault(faultWords(result.error), result.error);
    // The dispatch has parsed the answer by this operation's own schema.
    return result.value as OperationOutput<Name>;
  }

  async signIn(environment: NodeJS.ProcessEnv): Promise<void> {
    const { presetServer, demo } = this.#platform;
    const email = environment['PARTNER_CONSOLE_EMAIL'] ?? demo?.email;
    const password = environment['PARTNER_CONSOLE_PASSWORD'] ?? demo?.password;
    if (presetServer === null || email === undefined || password === undefined) {
      throw new CommandFault('Who uploads? Set PARTNER_CONSOLE_EMAIL and PARTNER_CONSOLE_PASSWORD.', null);
    }
    const { url: serverUrl, publishableKey } = presetServer;
    await this.call('session.signIn', { serverUrl, publishableKey, email, password });
    // Balance and members of now, before anything is counted against them.
    await this.call('sync.now', {});
  }
}
