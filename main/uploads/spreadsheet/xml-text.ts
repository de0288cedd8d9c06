const named: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text of XML with its references resolved; one that means nothing stays as it stands. */
export function xmlText(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole: string, hexadecimal?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named.get(name) ?? whole;
      const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** Text of a cell: `_x000D_` is a carriage return, `_x005F_` the underscore before what only looks like that (ST_Xstring). */
export function cellXmlText(raw: string): string {
  const text = xmlText(raw);
  if (!text.includes('_x')) return text;
  return text.replaceAll(/_x([0-9a-f]{4})_/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The value of one attribute of a tag, or null. `name` without prefix. */
export function attribute(attributes: string, name: string): string | null {
  if (attributes === '') return null;
  if (attributes.includes("'") || attributes.includes('= ') || attributes.includes(' =')) {
    return attributeValues(attributes).get(name) ?? null;
  }
  const start = `${name}="`;
  let at = attributes.indexOf(start);
  while (at > 0 && attributes.charCodeAt(at - 1) > 32) at = attributes.indexOf(start, at + 1);
  if (at === -1) return null;
  const from = at + start.length;
  const to = attributes.indexOf('"', from);
  return to === -1 ? null : xmlText(attributes.slice(from, to));
}

/** Every attribute of a tag by its name without prefix. What is no attribute ends them. */
export function attributeValues(attributes: string): Map<string, string> {
  const values = new Map<string, string>();
  let at = 0;
  for (;;) {
    const equals = attributes.indexOf('=', at);
    if (equals === -1) return values;
    const name = attributes.slice(at, equals).trim();
    let open = equals + 1;
    while (open < attributes.length && attributes.charCodeAt(open) <= 32) open += 1;
    const quote = attributes.charAt(open);
    const close = quote === '"' || quote === "'" ? attributes.indexOf(quote, open + 1) : -1;
    if (close === -1) return values;
    values.set(name.slice(name.indexOf(':') + 1), xmlText(attributes.slice(open + 1, close)));
    at = close + 1;
  }
}
