/** Azure Storage's connection strings and SAS tokens, taken apart. Pure; no message holds what they hold. */
import { ConfigError } from '@sluice/runtime/errors';

export interface ConnectionString {
  /** Undefined where only a SAS token and an endpoint are named. */
  account: string | undefined;
  key: string | undefined;
  sas: string | undefined;
  endpoint: string | undefined;
}

/** The emulator's account, the same everywhere ("Use the Azurite emulator", well-known storage account and key). */
const EMULATOR = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  sas: undefined,
  endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
};

/** `Name=value;…`: AccountName and AccountKey, or SharedAccessSignature; BlobEndpoint, or what it is built of. */
export function parseConnectionString(text: string): ConnectionString {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    if (at > 0) parts.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  if (parts.get('usedevelopmentstorage')?.toLowerCase() === 'true') return EMULATOR;
  const named = parts.get('accountname');
  const own = parts.get('blobendpoint');
  const account = named ?? accountOf(own);
  const [key, sas] = [parts.get('accountkey'), parts.get('sharedaccesssignature')];
  if (account === undefined || (key === undefined && sas === undefined))
    throw new ConfigError(
      'the Azure connection string (connection_string or `AZURE_STORAGE_CONNECTION_STRING`) lacks AccountName with ' +
        'AccountKey, or BlobEndpoint with SharedAccessSignature; copy it whole from the portal',
    );
  const scheme = parts.get('defaultendpointsprotocol') ?? 'https';
  const suffix = parts.get('endpointsuffix') ?? 'core.windows.net';
  return { account, key, sas, endpoint: own ?? `${scheme}://${account}.blob.${suffix}` };
}

/** `https://account.blob.…`, or the first part of the path where the host is a number. */
function accountOf(endpoint: string | undefined): string | undefined {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  if (!url) return undefined;
  const byNumber = /^(?:localhost|[\d.]+)$/.test(url.hostname);
  return (byNumber ? url.pathname.split('/')[1] : url.hostname.split('.')[0]) || undefined;
}

/** The query of a SAS token, without its question mark; one that has ended is refused before anything is sent. */
export function readSas(text: string, from: string, now = Date.now()): string {
  const query = text.trim().replace(/^\?/, '');
  const fields = new URLSearchParams(query);
  if (!fields.get('sig') || /[\s#]/.test(query))
    throw new ConfigError(`${from} is no SAS token; one looks like sv=…&se=…&sp=rl&sig=…`);
  const [end, begin] = [fields.get('se'), fields.get('st')];
  if (end !== null && Date.parse(end) < now)
    throw new ConfigError(`the SAS token of ${from} ended at ${shownDate(end)}; make a new one`);
  if (begin !== null && Date.parse(begin) > now + CLOCK_MS)
    throw new ConfigError(`the SAS token of ${from} begins only at ${shownDate(begin)}; make one for now`);
  return query;
}

/** Clocks differ by that much. */
const CLOCK_MS = 15 * 60_000;

/** What to mask: the whole, and its signature as sent and as decoded. */
export function sasSecrets(query: string): string[] {
  const raw = /(?:^|&)sig=([^&]*)/.exec(query)?.[1] ?? '';
  return [query, raw, new URLSearchParams(query).get('sig') ?? ''].filter((text) => text !== '');
}

function shownDate(text: string): string {
  return new Date(text).toISOString();
}
