/** What released servers do wrong with the pack of hostile requests, as seen; each is the server's own, and why. */
import type { Protocol } from '@sluice/inference/suites/types';

export interface KnownFault {
  server: string;
  protocol: Protocol;
  /** The request's name in the pack. */
  request: string;
  /** What the report says of it. */
  says: RegExp;
}

interface Group {
  server: string;
  protocol: Protocol;
  says: RegExp;
  /** Why it is the server's and not ours. */
  why: string;
  requests: readonly string[];
}

const PLAIN_500 = /the server answered 500: Internal Server Error/;
const WITHOUT_VALUES = [
  'no tensor at all',
  'a tensor with no values',
  'a tensor with more values than its shape',
];

const GROUPS: readonly Group[] = [
  {
    server: 'MLServer (double)',
    protocol: 'open-inference-v2',
    says: PLAIN_500,
    why: "MLServer 1.7.1 lets its codecs' and the model's own exceptions (numpy's reshape) through as plain text, where the protocol has an error object",
    requests: [
      ...WITHOUT_VALUES,
      'a tensor of another type of value',
      'a shape of more values than the data',
      'a shape below 0',
      'a shape of 2^40',
      'a shape of 1000 dimensions',
      'a datatype that the data is not of',
    ],
  },
  {
    server: 'MLServer (capital)',
    protocol: 'open-inference-v2',
    says: PLAIN_500,
    why: 'as with numbers; a list of texts has fewer shapes to be wrong',
    requests: WITHOUT_VALUES,
  },
  {
    server: 'Triton',
    protocol: 'open-inference-v2',
    says: /the server answered 200/,
    why: "Triton reads a body without JSON as one tensor's raw bytes (its binary tensor extension), and no body as none of them",
    requests: ['no body'],
  },
  {
    server: 'Triton',
    protocol: 'open-inference-v2',
    says: /no complete answer within/,
    why: 'Triton works on the four TiB of the shape before it looks at the one value that came; other requests are answered meanwhile',
    requests: ['a shape of 2^40'],
  },
  {
    server: 'Ollama',
    protocol: 'openai-chat',
    says: /the server answered 200/,
    why: "Ollama takes a negative max_tokens as its own num_predict's 'without end', which OpenAI's interface doesn't have",
    requests: ['max_tokens of -5'],
  },
  {
    server: 'Ollama',
    protocol: 'openai-chat',
    says: /the server answered 500: .*invalid JSON schema in format/,
    why: 'Ollama finds the schema broken, and calls that its own failure',
    requests: ['a response_format with a broken schema'],
  },
];

export const KNOWN_FAULTS: readonly KnownFault[] = GROUPS.flatMap(({ server, protocol, says, requests }) =>
  requests.map((request) => ({ server, protocol, request, says })),
);
