/** HTML by a tagged template that escapes whatever is put in; a page is one file that needs no network. */

export interface RawHtml {
  readonly html: string;
}

type Hole = string | number | RawHtml | null | undefined | false | readonly Hole[];

/** Marks markup of our own as safe. Never call it with text from outside. */
export function rawHtml(html: string): RawHtml {
  return { html };
}

/** html`<p>${hostile}</p>`: every hole is escaped but RawHtml and arrays of it. */
export function html(strings: TemplateStringsArray, ...holes: Hole[]): RawHtml {
  let out = strings[0] ?? '';
  holes.forEach((hole, i) => (out += fill(hole) + (strings[i + 1] ?? '')));
  return { html: out };
}

function fill(hole: Hole): string {
  if (hole === null || hole === undefined || hole === false) return '';
  if (typeof hole === 'string') return escapeHtml(hole);
  if (typeof hole === 'number') return String(hole);
  if ('html' in hole) return hole.html;
  return hole.map(fill).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe in text and in quoted attributes; control characters that HTML forbids become U+FFFD. */
function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--card:#f6f8fa;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--a:#0969da;--b:#bc4c00;--c:#8250df;--d:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--card:#151b23;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--a:#4493f8;--b:#db6d28;--c:#ab7df8;--d:#3fb950}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 8px}
p{margin:6px 0}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
table{border-collapse:collapse;width:100%;margin:8px 0;font-variant-numeric:tabular-nums}th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right;white-space:nowrap}.tight{white-space:nowrap}code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);padding:10px;border-radius:6px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:16px 0}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.2}figure{margin:12px 0}figcaption{color:var(--soft);font-size:13px}svg{max-width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}
details{margin:6px 0}summary{cursor:pointer}`;

/** A whole page: light and dark, no script, no outside resource (a content security policy says so). */
export function page(title: string, body: RawHtml): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>${body.html}</main></body></html>
`;
}

/** A table; cells are escaped unless RawHtml. Columns of `numeric` are set right. */
export function htmlTable(
  headers: readonly string[],
  rows: readonly (readonly (string | number | RawHtml)[])[],
  numeric: readonly number[] = [],
): RawHtml {
  const attribute = (i: number): RawHtml => rawHtml(numeric.includes(i) ? ' class="n"' : '');
  return html`<table>
    <thead>
      <tr>
        ${headers.map((header, i) => html`<th${attribute(i)}>${header}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell, i) => html`<td${attribute(i)}>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
