import { newNonce, pageHeaders } from '../platform/content-security.ts';

/** A page without scripts that says why the console is not shown, and what to do. */
export function refusalPage(title: string, text: string): { headers: Readonly<Record<string, string>>; body: string } {
  const nonce = newNonce();
  return {
    headers: { ...pageHeaders(nonce), 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Partner Console</title>
    <style nonce="${nonce}">
      :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
      body { display: grid; min-height: 100vh; margin: 0; place-items: center; }
      main { max-width: 28rem; padding: 2rem; }
      h1 { font-size: 1.25rem; margin: 0 0 0.5rem; }
      p { margin: 0; }
    </style>
  </head>
  <body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`,
  };
}
