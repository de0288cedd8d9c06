import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import type { Result } from '../../shared/result.ts';
import type { CoreAnswer, CoreRequest } from './chaos-core.ts';

const script = fileURLToPath(new URL('./chaos-core.ts', import.meta.url));

/** The core ended before it answered: whether it did what it was asked for is not known. */
export class CoreGone extends Error {}

/** A core in a process that can be killed, and started again on the same folder. */
export class KillableCore {
  readonly #dataFolder: string;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #child: ChildProcess | null = null;
  #last = 0;
  /** How often it was killed. */
  kills = 0;

  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  async start(): Promise<void> {
    const child = fork(script, [this.#dataFolder], { serialization: 'advanced', execArgv: [], stdio: 'inherit' });
    this.#child = child;
    const ready = this.#expect(0);
    child.on('message', ({ id, result }: CoreAnswer) => {
      this.#waiting.get(id)?.resolve(result);
      this.#waiting.delete(id);
    });
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
      const left = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { reject } of left) reject(new CoreGone());
    });
    await ready;
  }

  /** Throws `CoreGone` when the core ends before it has answered. */
  async call<N extends OperationName>(
    name: N,
    input: OperationInput<N>,
  ): Promise<Result<OperationOutput<N>, AppError>> {
    const child = this.#child;
    if (child === null) throw new CoreGone();
    this.#last += 1;
    const request: CoreRequest = { id: this.#last, name, input };
    const answer = this.#expect(request.id);
    child.send(request, (error) => {
      if (error === null) return;
      this.#waiting.get(request.id)?.reject(new CoreGone());
      this.#waiting.delete(request.id);
    });
    return (await answer) as Result<OperationOutput<N>, AppError>;
  }

  /** As `call`, for an operation that has to succeed. */
  async value<N extends OperationName>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>> {
    const result = await this.call(name, input);
    if (!result.ok) throw new Error(`${name} failed: ${JSON.stringify(result.error)}`);
    return result.value;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.kills += 1;
  }

  #expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }
}
