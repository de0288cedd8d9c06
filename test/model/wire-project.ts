import { startHybrid } from '../backend/start-hybrid.ts';
import type { Project } from './direct-server.ts';

/** The same functions behind real PostgREST and real sign-in, over HTTP. */
export async function startWireProject(): Promise<Project> {
  const hybrid = await startHybrid();
  const { url, publishableKey, sql } = hybrid;
  return { url, publishableKey, fetch: globalThis.fetch, sql, close: () => hybrid.close() };
}
