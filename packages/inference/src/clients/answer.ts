/** What a server answered, whatever its protocol; every client gives this. */

export interface Answer {
  /** HTTP status; null when no answer came. */
  status: number | null;
  text: string;
  finishReason: string | null;
  promptTokens: number | null;
  /** From the server's own count; null when it doesn't tell. Chunks are not tokens. */
  outputTokens: number | null;
  /** The answer came to its end: `[DONE]` of a stream, or a whole JSON body. */
  complete: boolean;
  /** Why it isn't a good answer; null when it is. */
  error: string | null;
  /** Status 400 and above with a body that says what was wrong. */
  hasErrorBody: boolean;
  timings: Timings;
  /** Calls of tools, put together from their pieces; absent where there was none. */
  toolCalls?: ToolCall[];
  /** Natural logarithms of the tokens' probabilities; absent unless the request asked and the server told. */
  logprobs?: number[];
  /** Outputs of a model that answers in tensors. */
  tensors?: Tensor[];
}

/** What is known of a request that got no answer. */
export function silentAnswer(error: string | null, e2eMs = 0): Answer {
  return {
    status: null,
    text: '',
    finishReason: null,
    promptTokens: null,
    outputTokens: null,
    complete: false,
    error,
    hasErrorBody: false,
    timings: { ttfbMs: null, ttftMs: null, chunksMs: [], e2eMs },
  };
}

export interface ToolCall {
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
}

/** A tensor as the Open Inference Protocol has it; data in row-major order. */
export interface Tensor {
  name: string;
  /** BOOL, UINT8 … UINT64, INT8 … INT64, FP16, FP32, FP64, BYTES. */
  datatype: string;
  shape: number[];
  data: (number | string | boolean)[];
}

/** Milliseconds since the request was sent; null when it didn't come to that. */
export interface Timings {
  /** First byte of the answer. */
  ttfbMs: number | null;
  /** First content, thinking or tool call that isn't empty; a role-only chunk doesn't count. */
  ttftMs: number | null;
  /** Each chunk with content, thinking or tool call. */
  chunksMs: number[];
  /** Up to `[DONE]`, the end of the body, or the failure. */
  e2eMs: number;
}
