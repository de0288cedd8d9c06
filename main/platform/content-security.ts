import { randomBytes } from 'node:crypto';

/** Stands in the built index.html wherever the nonce of one answer belongs (vite.config.ts, `html.cspNonce`). */
export const NONCE_PLACEHOLDER = '__CSP_NONCE__';

/** A nonce for one answer. */
export function newNonce(): string {
  return randomBytes(18).toString('base64');
}

/**
 * What the page may load: its own files and nothing else. Styles that the design system writes at run time carry the
 * nonce of the answer; there is no unsafe-inline and no eval. The bridge's socket is the page's own origin, which
 * 'self' covers in Chromium for ws: as well.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** Headers of every answer to the page, whatever it asks for. */
export function pageHeaders(nonce: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(nonce),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=()',
    'cache-control': 'no-store',
  };
}
