/** Whether a server did with a hostile request what it has to do. */
import type { Answer } from '../clients/answer.ts';
import type { RawReply } from './send-raw.ts';
import type { Demand } from './types.ts';

/** What became of a request, however it was sent. */
export interface Outcome {
  status: number | null;
  /** To its end, or left by us in the middle of a good answer. */
  isWhole: boolean;
  error: string | null;
  /** What came with a bad status is the protocol's error object. */
  hasErrorObject: boolean;
  /** Refused by TGI's own check in a stream that had begun with 200 (router/src/server.rs: `error_type: validation`). */
  isValidation: boolean;
  /** The server's own words; hostile. */
  body: string;
}

export interface Judgement {
  passed: boolean;
  /** What happened, also of what passed: in one line. */
  said: string;
}

const SHOWN = 200;
/** An error object at the beginning of what came with 200. */
const ERROR_IN_200 = /^\s*(?:data:\s*)?\{\s*"(?:error|detail)"\s*:\s*(?!null\b)/;

const VALIDATION = /"error_type"\s*:\s*"validation"/;
const ERROR_OBJECT = /^\s*\{\s*"error"\s*:\s*(?!null\b)/;

export function ofAnswer({ status, complete, error, text, hasErrorBody }: Answer): Outcome {
  const isValidation = error?.endsWith(' (validation)') === true;
  return { status, isWhole: complete, error, hasErrorObject: hasErrorBody, isValidation, body: text };
}

export function ofReply({ status, end, error, body }: RawReply): Outcome {
  const inside = status === 200 && ERROR_IN_200.test(body) ? 'the server answered 200 with an error' : null;
  const isWhole = end !== 'broken' && inside === null;
  const hasErrorObject = ERROR_OBJECT.test(body);
  const isValidation = inside !== null && VALIDATION.test(body);
  return { status, isWhole, error: inside ?? error, hasErrorObject, isValidation, body };
}

/**
 * @param anyStatus the protocol asks for its error object and leaves the status open, as the Open Inference Protocol does:
 *   "a failed inference request must be indicated by an HTTP error status (typically 400)"; Triton answers 500
 */
export function judge(demand: Demand, outcome: Outcome, anyStatus = false): Judgement {
  const { status, isWhole } = outcome;
  const said = describe(outcome);
  if (demand === 'survived') return { passed: true, said };
  if (status === null) return { passed: false, said: `${wanted(demand)}: ${said}` };
  const isRefusal =
    (status >= 400 && status < 500) ||
    status === 501 ||
    outcome.isValidation ||
    (anyStatus && status >= 500 && outcome.hasErrorObject);
  const passed = isRefusal || (demand === 'handled' && status >= 200 && status < 300 && isWhole);
  return { passed, said: passed ? said : `${wanted(demand)}: ${said}` };
}

function wanted(demand: 'refused' | 'handled'): string {
  return demand === 'refused'
    ? 'the request has to be refused with 4xx'
    : 'the request has to be answered to its end or refused with 4xx';
}

function describe({ status, error, body }: Outcome): string {
  if (status === null) return error ?? 'no answer came';
  const words = (error ?? body).replace(/\s+/g, ' ').slice(0, SHOWN);
  const head = `the server answered ${status}`;
  if (words === '') return head;
  return words.startsWith('the server') ? words : `${head}: ${words}`;
}
