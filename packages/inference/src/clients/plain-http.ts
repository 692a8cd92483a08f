/** Any server that is asked by POST: the request's body from a template, the answer by a path into its JSON. */
import { readErrorMessage } from './openai-chunk.ts';
import { followPath, parseJsonPath, type JsonPath } from './json-path.ts';
import { EMPTY_PIECE, type Dialect, type Piece } from './piece.ts';

export interface PlainHttp {
  /** JSON with `{{prompt}}`, `{{model}}` and so on: as a value of its own, or inside of a string. */
  request: string;
  /** JSONPath of the answer; the whole body without it. */
  response?: string | undefined;
}

const PLACE = /("(?:[^"\\]|\\.)*")|\{\{\s*(\w+)\s*\}\}/g;
const INNER = /\{\{\s*(\w+)\s*\}\}/g;

/** `POST /answer {"prompt": {{prompt}}}`: a path of the server before the body; without it the endpoint itself is asked. */
export function splitRequest(request: string): { path: string | undefined; template: string } {
  const match = /^\s*(?:POST\s+)?(\/\S*)\s+([^]*)$/.exec(request);
  return match === null
    ? { path: undefined, template: request }
    : { path: match[1], template: match[2] ?? '' };
}

/** Throws on a name that isn't known, and when what comes out is no JSON. */
export function fillRequest(template: string, values: Readonly<Record<string, unknown>>): unknown {
  const valueOf = (name: string): unknown => {
    if (!Object.hasOwn(values, name))
      throw new Error(`'{{${name}}}' is not known; there is ${Object.keys(values).join(', ')}`);
    return values[name] ?? null;
  };
  const text = template.replace(PLACE, (whole, quoted: string | undefined, name: string | undefined) => {
    if (name !== undefined) return JSON.stringify(valueOf(name));
    return (quoted ?? whole).replace(INNER, (_place, inner: string) => {
      const value = valueOf(inner);
      return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value)).slice(1, -1);
    });
  });
  return JSON.parse(text) as unknown;
}

/** What is wrong with the inputs `request` and `response`. */
export function findPlainHttpFault({ request, response }: PlainHttp): string | undefined {
  try {
    fillRequest(splitRequest(request).template, {
      prompt: 'x',
      model: 'm',
      max_tokens: 1,
      temperature: 0,
      top_p: 1,
      seed: 1,
      stop: [],
      system: '',
    });
  } catch (error) {
    return `input \`request\` is no template of JSON: ${(error as Error).message}`;
  }
  if (!request.includes('{{')) return 'input `request` holds no {{prompt}}, so every case would ask the same';
  return response === undefined || parseJsonPath(response) !== undefined
    ? undefined
    : `input \`response\` = "${response}" is no JSONPath such as $.text or $.choices[0].text`;
}

export function plainDialect(response: string | undefined): Dialect {
  const path = response === undefined ? undefined : parseJsonPath(response);
  const read = (text: string): Piece =>
    path === undefined
      ? { ...EMPTY_PIECE, content: text, hasChoice: true }
      : readAt(text, path, response ?? '');
  return { readPart: read, readWhole: read, end: 'close' };
}

function readAt(text: string, path: JsonPath, shown: string): Piece {
  const value: unknown = JSON.parse(text);
  const found = followPath(value, path);
  const error = readErrorMessage(value);
  if (error !== null) return { ...EMPTY_PIECE, error };
  if (found.length === 0)
    return { ...EMPTY_PIECE, error: `there is nothing at ${shown}: ${text.slice(0, 200)}` };
  const content = found.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('');
  return { ...EMPTY_PIECE, content, hasChoice: true };
}
