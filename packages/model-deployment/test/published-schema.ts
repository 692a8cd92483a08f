/** Objects against Kubernetes' own published schema; a field that it doesn't know is a fault too. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { KubeObject } from '@sluice/kubernetes/types';

const published = JSON.parse(
  readFileSync(new URL('fixtures/kubernetes-v1.35.json', import.meta.url), 'utf8'),
) as { kinds: Record<string, string>; $defs: Record<string, unknown> };
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ $id: 'kubernetes', $defs: published.$defs });

export function schemaFaults(object: KubeObject): string[] {
  const name = published.kinds[object.kind];
  if (name === undefined) return [`${object.kind} has no published schema here`];
  const validate = ajv.getSchema(`kubernetes#/$defs/${name}`);
  if (validate === undefined) throw new Error(name);
  if (validate(object)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}
