/** An answer as a server would have given it. */
import type { Answer } from '@sluice/inference/clients/answer';

export const answerOf = (text: string, finishReason: string | null = null): Answer => ({
  status: 200,
  text,
  finishReason,
  promptTokens: null,
  outputTokens: null,
  complete: true,
  error: null,
  hasErrorBody: false,
  timings: { ttfbMs: 1, ttftMs: 1, chunksMs: [1], e2eMs: 1 },
});
