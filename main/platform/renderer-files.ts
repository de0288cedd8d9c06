import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { newNonce, NONCE_PLACEHOLDER, pageHeaders } from './content-security.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

export interface FileAnswer {
  readonly status: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

const notFound = (): FileAnswer => ({
  status: 404,
  headers: { ...pageHeaders(newNonce()), 'content-type': 'text/plain; charset=utf-8' },
  body: new TextEncoder().encode('Not found'),
});

/** The file that a URL path names below `folder`; null for anything outside, of another type, or not decodable. */
function fileOf(folder: string, urlPath: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
  if (/[\0\\]/.test(decoded) || !decoded.startsWith('/')) return null;
  const file = path.join(folder, decoded === '/' ? 'index.html' : decoded);
  if (!file.startsWith(folder + path.sep)) return null;
  return path.extname(file) in types ? file : null;
}

/**
 * Answers one request of the page from the built renderer: only files below `folder` of the known types, each with
 * the page's security headers; source maps are not served.
 */
export async function answerRendererFile(folder: string, urlPath: string): Promise<FileAnswer> {
  const file = fileOf(path.resolve(folder), urlPath);
  if (file === null) return notFound();
  let body: Uint8Array<ArrayBuffer>;
  try {
    body = new Uint8Array(await readFile(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return notFound();
    throw error;
  }
  const nonce = newNonce();
  const extension = path.extname(file);
  if (extension === '.html') {
    body = new TextEncoder().encode(new TextDecoder().decode(body).replaceAll(NONCE_PLACEHOLDER, nonce));
  }
  const type = types[extension] ?? 'application/octet-stream';
  return { status: 200, headers: { ...pageHeaders(nonce), 'content-type': type }, body };
}
