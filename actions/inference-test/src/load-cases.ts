/** The suites of input `suite`: files and packs, cut to `tags`, with the same questions in other words (`perturb`). */
import { join } from 'node:path';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { LoadedSuite } from '@sluice/inference/suites/load-suites';
import type { Case } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';

export interface LoadedCases {
  suites: LoadedSuite[];
  /** The hostile pack is made when the server is known. */
  isHostile: boolean;
}

export async function loadCases(inputs: Inputs, context: ActionContext): Promise<LoadedCases> {
  const { countRepeated, loadSuites } = await import('@sluice/inference/suites/load-suites');
  const { HOSTILE, loadPacks, splitPacks } = await import('@sluice/inference/packs/load-packs');
  const { packs, paths } = splitPacks(inputs.suite);
  const base = context.env['GITHUB_WORKSPACE'] ?? process.cwd();
  const written = paths.length === 0 ? [] : await loadSuites(paths, base);
  for (const notice of written.flatMap(({ notices }) => notices)) context.log.notice(notice);
  // Beside the action itself: the bundle lies in dist/inference-test.
  const folder = join(context.bundle, '../../../actions/inference-test/packs');
  const shipped = await loadPacks(packs, { folder, classifier: inputs.classifierEndpoint });
  const suites = [...written, ...shipped];
  const isHostile = packs.includes(HOSTILE);
  selectCases(suites, inputs, isHostile);
  for (const suite of suites) {
    // A name that quotes a prompt is a prompt.
    if (inputs.texts === 'none')
      suite.cases = suite.cases.map((test) => ({ ...test, description: test.neutral ?? test.description }));
    suite.cases.push(...(await perturbed(suite.cases, inputs, base)));
  }
  const repeated = countRepeated(written);
  if (repeated > 0) {
    context.log.warning(
      `${repeated} ${repeated === 1 ? 'case is' : 'cases are'} the same as another; asked twice they count twice, so the numbers look surer than they are. For more samples of a case use \`repeats\``,
    );
  }
  return { suites, isHostile };
}

/** Whether `tags` names a case with these. */
export function selects({ tags }: Pick<Inputs, 'tags'>, own: readonly string[]): boolean {
  const without = tags.filter((tag) => tag.startsWith('!')).map((tag) => tag.slice(1));
  const wanted = tags.filter((tag) => !tag.startsWith('!'));
  return (
    (wanted.length === 0 || wanted.some((tag) => own.includes(tag))) &&
    !without.some((tag) => own.includes(tag))
  );
}

/** Of all cases those that `tags` names; ConfigError when none is left. */
function selectCases(suites: readonly LoadedSuite[], inputs: Inputs, isHostile: boolean): void {
  for (const suite of suites) suite.cases = suite.cases.filter((test) => selects(inputs, test.tags));
  if (!isHostile && suites.every(({ cases }) => cases.length === 0))
    throw new ConfigError(
      `input \`tags\` = "${inputs.tags.join(', ')}" leaves no case; look for the tags in \`metadata.tags\``,
    );
}

/** `perturb`: kinds by name, anything else is a file of paraphrases. */
async function perturbed(cases: readonly Case[], { perturb }: Inputs, base: string): Promise<Case[]> {
  if (perturb.length === 0) return [];
  const { PERTURBATIONS, perturbCases, readParaphrases } = await import('@sluice/inference/packs/perturb');
  const kinds = PERTURBATIONS.filter((kind) => perturb.includes(kind));
  const files = perturb.filter((entry) => !PERTURBATIONS.some((kind) => kind === entry));
  const { SuiteFiles } = await import('@sluice/inference/suites/files');
  const paraphrases = new Map<string, string[]>();
  for (const file of files) {
    try {
      const rows = new SuiteFiles(base, 'suite.yaml').rows(file);
      for (const [prompt, said] of readParaphrases(rows)) {
        paraphrases.set(prompt, [...(paraphrases.get(prompt) ?? []), ...said]);
      }
    } catch (error) {
      throw new ConfigError(
        `input \`perturb\`: '${file}' is none of ${PERTURBATIONS.join(', ')} and no file of paraphrases: ${(error as Error).message}`,
      );
    }
  }
  return perturbCases(cases, { kinds, paraphrases });
}
