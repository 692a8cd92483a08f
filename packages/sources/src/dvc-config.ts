/** DVC's configuration: `.dvc/config`, then `config.local` over it, and the system's and user's below both. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { parseIni } from './ini-file.ts';

export interface DvcRemote {
  name: string;
  /** As written, but a relative path of a local remote is absolute. */
  url: string;
  /** All its settings: `endpointurl`, `access_key_id`, `user`, … */
  settings: ReadonlyMap<string, string>;
}

export interface DvcConfig {
  defaultRemote: string | undefined;
  remotes: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** A file of configuration and the folder that relative paths in it count from. */
export interface ConfigText {
  text: string;
  folder: string;
}

export async function readDvcConfig(root: string, env: NodeJS.ProcessEnv): Promise<DvcConfig> {
  const home = env['HOME'] ?? homedir();
  const own = join(root, '.dvc');
  const user = env['DVC_GLOBAL_CONFIG_DIR'] ?? join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'dvc');
  const places = [
    { folder: env['DVC_SYSTEM_CONFIG_DIR'] ?? '/etc/xdg/dvc', name: 'config' },
    { folder: user, name: 'config' },
    { folder: own, name: 'config' },
    { folder: own, name: 'config.local' },
  ];
  const texts: ConfigText[] = [];
  for (const { folder, name } of places) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) texts.push({ text, folder });
  }
  return mergeDvcConfig(texts);
}

/** The weakest first. Sections of remotes are written `['remote "name"']`. Pure. */
export function mergeDvcConfig(texts: readonly ConfigText[]): DvcConfig {
  const remotes = new Map<string, Map<string, string>>();
  let defaultRemote: string | undefined;
  for (const { text, folder } of texts) {
    for (const [section, values] of parseIni(text)) {
      if (section === 'core') defaultRemote = values.get('remote') ?? defaultRemote;
      const name = /^(['"]?)remote\s+"(.+)"\1$/.exec(section)?.[2];
      if (name === undefined) continue;
      const settings = remotes.get(name) ?? new Map<string, string>();
      remotes.set(name, settings);
      for (const [key, value] of values) {
        const place = ['url', 'credentialpath', 'configpath'].includes(key) ? absolute(value, folder) : value;
        settings.set(key, place);
      }
    }
  }
  return { defaultRemote, remotes };
}

/** The remote to read from: input `dvc-remote` (a name, or an address), the output's own, the default. */
export function chooseDvcRemote(
  config: DvcConfig,
  input: string | undefined,
  ofOutput: string | undefined,
  workspace: string,
): DvcRemote {
  if (input !== undefined && !config.remotes.has(input) && (input.includes('://') || isAbsolute(input)))
    return { name: 'input `dvc-remote`', url: absolute(input, workspace), settings: new Map() };
  const candidates = [
    { name: input, from: 'input `dvc-remote`' },
    { name: ofOutput, from: 'the output’s own `remote`' },
    { name: config.defaultRemote, from: '`core.remote` of the DVC configuration' },
  ];
  const known = [...config.remotes.keys()].map((name) => JSON.stringify(name)).join(', ');
  const chosen = candidates.find(({ name }) => name !== undefined);
  if (chosen?.name === undefined) {
    throw new ConfigError(
      `no DVC remote is chosen: name one by input \`dvc-remote\`${known === '' ? '' : ` (there are ${known})`}, ` +
        'or set a default by `dvc remote default`',
    );
  }
  const settings = config.remotes.get(chosen.name);
  const url = settings?.get('url');
  if (!settings || url === undefined) {
    throw new ConfigError(
      `${chosen.from} = ${JSON.stringify(chosen.name)}: the DVC configuration has no such remote` +
        (known === '' ? '' : `; there are ${known}`),
    );
  }
  const based = /^remote:\/\/([^/]+)(\/.*)?$/.exec(url);
  if (!based) return { name: chosen.name, url, settings };
  const base = config.remotes.get(based[1] ?? '');
  const baseUrl = base?.get('url');
  if (!base || baseUrl === undefined || baseUrl.startsWith('remote://'))
    throw new ConfigError(
      `the DVC remote ${JSON.stringify(chosen.name)} builds on ${JSON.stringify(url)}, which is no remote`,
    );
  return { name: chosen.name, url: baseUrl + (based[2] ?? ''), settings: new Map([...base, ...settings]) };
}

function absolute(path: string, folder: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? path : resolve(folder, path);
}
