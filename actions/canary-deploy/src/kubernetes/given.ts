/** Input `manifest`: a model deployment with its values, or Kubernetes YAML. */
import { readFile } from 'node:fs/promises';
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import type { ModelDeployment } from '@sluice/model-deployment/model-deployment';
import type { YamlText } from '@sluice/model-deployment/yaml-text';
import type { Inputs } from '../inputs.gen.ts';
import { parseWorkload } from '@sluice/rollout/kubernetes/names';

export interface Given {
  objects: KubeObject[];
  /** Among them: the one that is rolled out. */
  workload: KubeObject;
  /** As clients ask for it, where the manifest says. */
  modelName: string | undefined;
}

/** undefined without `manifest`. @throws ConfigError with file and line */
export async function readGiven(
  inputs: Pick<Inputs, 'manifest' | 'values' | 'workload' | 'image' | 'apply'>,
  weights: string | null,
): Promise<Given | undefined> {
  const { manifest, values } = inputs;
  if (manifest === undefined) {
    if (values.length > 0)
      throw new ConfigError('input `values` needs `manifest`, a model deployment that they change');
    return undefined;
  }
  const asked = inputs.workload === undefined ? undefined : parseWorkload(inputs.workload);
  const { parseManifest, workloadIn } = await import('@sluice/model-deployment/manifest');
  const file = await textOf('manifest', manifest);
  const deployment = await modelDeploymentOf(file, values);
  if (deployment !== undefined) {
    const { renderModelDeployment } = await import('@sluice/model-deployment/render');
    const { parseImageChange } = await import('@sluice/model-deployment/images');
    const image = inputs.image.map(parseImageChange).find(({ container }) => container === 'server')?.image;
    const spec = { ...deployment.spec, ...(image === undefined ? {} : { image }) };
    const objects = renderModelDeployment({ ...deployment, spec }, { weights });
    return { objects, workload: workloadIn(objects, asked, manifest), modelName: spec.modelName };
  }
  if (values.length > 0)
    throw new ConfigError(
      `input \`values\`: ${manifest} is Kubernetes YAML; values change a model deployment only`,
    );
  const objects = await parseManifest(file, { gitops: inputs.apply === 'gitops' });
  return { objects, workload: workloadIn(objects, asked, manifest), modelName: undefined };
}

async function modelDeploymentOf(
  file: YamlText,
  values: readonly string[],
): Promise<ModelDeployment | undefined> {
  const { isModelDeployment, readModelDeployment } =
    await import('@sluice/model-deployment/model-deployment');
  const { parseAllDocuments } = await import('yaml');
  const [first] = parseAllDocuments(file.text, { prettyErrors: false });
  if (
    first === undefined ||
    first.errors.length > 0 ||
    !isModelDeployment(first.toJS({ maxAliasCount: 100 }))
  )
    return undefined;
  return readModelDeployment([file, ...(await Promise.all(values.map((path) => textOf('values', path))))]);
}

async function textOf(input: string, path: string): Promise<YamlText> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw new ConfigError(
      `input \`${input}\` = ${JSON.stringify(path)} can't be read: ${describeError(error)}`,
    );
  }
}
