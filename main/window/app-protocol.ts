import type { Session } from 'electron';
import { answerRendererFile } from '../platform/renderer-files.ts';
import { APP_HOST, APP_SCHEME } from './app-origin.ts';

/** Serves the built renderer under the scheme; any other host of it, and any method but GET, is refused. */
export function serveRenderer(session: Session, rendererFolder: string): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const url = new URL(request.url);
    if (url.host !== APP_HOST || request.method !== 'GET') return new Response(null, { status: 403 });
    const { status, headers, body } = await answerRendererFile(rendererFolder, url.pathname);
    return new Response(body, { status, headers });
  });
}
