/** INI files as AWS's and DVC's configurations are written: `[section]`, `key = value`, `#` and `;` comments. Pure. */

export type IniSections = Map<string, Map<string, string>>;

/** Section and key names as written, outer quotes of values taken off; a key of a later line wins. */
export function parseIni(text: string): IniSections {
  const sections: IniSections = new Map();
  let current = new Map<string, string>();
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const head = /^\[(.+)\]\s*(?:[#;].*)?$/.exec(line);
    if (head?.[1] !== undefined) {
      const name = head[1].trim();
      current = sections.get(name) ?? new Map<string, string>();
      sections.set(name, current);
      continue;
    }
    const at = line.indexOf('=');
    if (at > 0) current.set(line.slice(0, at).trim(), unquote(line.slice(at + 1).trim()));
  }
  return sections;
}

function unquote(text: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return quoted ? (quoted[2] ?? '') : text;
}
