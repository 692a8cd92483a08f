/** Requests to JSON APIs: the answer's fields whatever its status, so that the caller can explain a refusal. */
import { shownUrl } from '@sluice/http/client';
import { InfraError } from '@sluice/runtime/errors';
import type { Fields } from './json-fields.ts';
import { fetchRemote } from './remote-http.ts';
import type { RemoteRequest, RequestContext } from './remote-http.ts';

export interface JsonAnswer {
  status: number;
  /** Of a refusal that is no JSON object: none. */
  fields: Fields;
}

/**
 * @param server what it should be, for messages: `a lakeFS server`
 * @throws InfraError when a success is no JSON object
 */
export async function askJson(
  asked: RemoteRequest,
  server: string,
  context: RequestContext,
): Promise<JsonAnswer> {
  const response = await fetchRemote(asked, context);
  const { status } = response;
  const fields = parseObject(await response.text());
  if (fields === undefined && status < 300)
    throw new InfraError(`${shownUrl(asked.url)} answers no JSON object; is it ${server}?`);
  return { status, fields: fields ?? {} };
}

function parseObject(text: string): Fields | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a server says for itself, in one short quoted line that is safe to show; empty for anything but a text. */
export function saidBy(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') return '';
  return `: ${JSON.stringify(value.replace(/\s+/g, ' ').trim().slice(0, 200))}`;
}

export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
