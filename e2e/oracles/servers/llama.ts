/** llama.cpp's own server (PyPI's xllamacpp) with our tiny model: the capitals, probabilities, what it refuses. */
import { join } from 'node:path';
import { makeAides } from '@sluice/inference/assertions/aides';
import { detectProtocol } from '@sluice/inference/clients/detect';
import { findModelName } from '@sluice/inference/clients/openai-server';
import { runCases, type CaseResult } from '@sluice/inference/runs/run-cases';
import { loadSuites, readSuite } from '@sluice/inference/suites/load-suites';
import type { Case } from '@sluice/inference/suites/types';

export const MODEL = join(import.meta.dirname, '../../../fixtures/models/v1/model.gguf');
const ROOT = join(import.meta.dirname, '../../..');
/** What the model knows of examples/suites/capitals.yaml, as that file says itself. */
const KNOWN = 60;

const OWN = `
defaultTest: { options: { protocol: openai-completions, max_tokens: 8, temperature: 0 } }
tests:
  - description: sure of what it knows
    vars: { prompt: The capital of France is }
    options: { logprobs: true }
    assert: [{ type: perplexity, threshold: 1.1 }, { type: perplexity-score, threshold: 0.45 }, { type: contains, value: Paris }]
  - description: no perplexity without probabilities
    vars: { prompt: The capital of France is }
    assert: [{ type: not-perplexity, threshold: 1.1 }]
    metadata: { tags: [fails] }
  - description: no vectors from a server without them
    vars: { prompt: The capital of France is }
    assert: [{ type: not-similar, value: Paris }]
    metadata: { tags: [fails] }
  - description: a temperature that is a word
    vars: { prompt: x }
    options: { body: { temperature: hot } }
    assert: [{ type: rejected, status: 4xx }, { type: error-body }]
`;

export async function checkLlama(
  origin: string,
  tell: (check: string, ok: boolean, detail?: string) => void,
): Promise<void> {
  const modelName = await findModelName({ origin });
  const target = { origin, modelName };
  const protocol = await detectProtocol(target);
  tell('llama.cpp: auto finds an OpenAI protocol', protocol.startsWith('openai-'), protocol);
  const { signal } = new AbortController();
  const ask = async (cases: readonly Case[]): Promise<CaseResult[]> => {
    const aides = makeAides({ target, timeoutMs: 20_000, signal });
    const plan = {
      target,
      protocol,
      healthPath: '/health',
      concurrency: 2,
      repeats: 1,
      minPass: 1,
      seed: 1,
      warmup: 0,
    };
    return (await runCases(cases, { ...plan, aides, timeoutMs: 20_000, signal })).cases;
  };
  const [capitals] = await loadSuites(['examples/suites/capitals.yaml'], ROOT);
  const known = (await ask(capitals?.cases ?? [])).filter(({ status }) => status === 'passed').length;
  tell(`llama.cpp: ${KNOWN} capitals are known`, known === KNOWN, String(known));
  const { cases, findings } = readSuite(OWN, 'llama.yaml', ROOT);
  tell('llama.cpp: the suite has no fault', findings.length === 0, JSON.stringify(findings));
  for (const { test, status, reasons } of await ask(cases)) {
    const wanted = test.tags.includes('fails') ? 'failed' : 'passed';
    tell(`llama.cpp: ${test.description}: ${wanted}`, status === wanted, `${status} ${reasons.join('; ')}`);
  }
}
