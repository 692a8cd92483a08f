/** Validation of what is written, as far as it is cheap: the mistakes that a real API server refuses. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '@sluice/kubernetes/types';
import { badRequest, invalid, qualified } from './answers.ts';
import type { KindEntry } from './kinds.ts';
import { isFields, type Fields } from './patches.ts';

const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const MAX_CONFIG_BYTES = 1024 * 1024;

type Fault = { field: string; message: string };

/** @throws Refused 400 or 422. */
export function validate(entry: KindEntry, object: KubeObject, before?: KubeObject): void {
  const faults = [...metadataFaults(object), ...kindFaults(entry, object, before)];
  if (faults.length === 0) return;
  const kind = entry.group === '' ? entry.kind : `${entry.kind}.${entry.group}`;
  throw invalid(kind, object.metadata.name, faults);
}

function metadataFaults({ metadata }: KubeObject): Fault[] {
  const faults: Fault[] = [];
  if (metadata.name === '' || !SUBDOMAIN.test(metadata.name)) {
    const message = `Invalid value: "${metadata.name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`;
    faults.push({ field: 'metadata.name', message });
  }
  faults.push(...labelFaults('metadata.labels', metadata.labels ?? {}));
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!LABEL_KEY.test(key))
      faults.push({ field: 'metadata.annotations', message: `Invalid value: "${key}"` });
    if (typeof value !== 'string') throw badRequest(`metadata.annotations of type string: ${key}`);
  }
  for (const owner of metadata.ownerReferences ?? []) {
    if (!owner.uid)
      faults.push({
        field: 'metadata.ownerReferences.uid',
        message: 'Required value: uid must not be empty',
      });
  }
  return faults;
}

function labelFaults(field: string, labels: Record<string, unknown>): Fault[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    if (typeof value !== 'string') throw badRequest(`${field} of type string: ${key}`);
    return LABEL_KEY.test(key) && LABEL_VALUE.test(value)
      ? []
      : [
          {
            field,
            message: `Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`,
          },
        ];
  });
}

function kindFaults(entry: KindEntry, object: KubeObject, before: KubeObject | undefined): Fault[] {
  const spec = object['spec'];
  switch (entry.kind) {
    case 'Deployment':
    case 'StatefulSet':
      return isFields(spec) ? workloadFaults(spec, before?.['spec']) : [required('spec')];
    case 'Service':
      return isFields(spec) ? serviceFaults(spec) : [required('spec')];
    case 'Lease':
      return isFields(spec) ? leaseFaults(spec) : [];
    case 'ConfigMap':
    case 'Secret':
      return configFaults(object);
    case 'HTTPRoute':
    case 'GRPCRoute':
      return isFields(spec) ? routeFaults(spec) : [];
    default:
      return [];
  }
}

const required = (field: string): Fault => ({ field, message: 'Required value' });

function workloadFaults(spec: Fields, before: unknown): Fault[] {
  const faults: Fault[] = [];
  const { selector, template, replicas } = spec;
  if (
    !isFields(selector) ||
    (selector['matchLabels'] === undefined && selector['matchExpressions'] === undefined)
  ) {
    return [required('spec.selector')];
  }
  if (!isFields(template)) return [required('spec.template')];
  if (typeof replicas !== 'number' || replicas < 0)
    faults.push({ field: 'spec.replicas', message: `Invalid value: ${String(replicas)}` });
  const wanted = (selector['matchLabels'] ?? {}) as Fields;
  const labels = ((template['metadata'] as Fields | undefined)?.['labels'] ?? {}) as Fields;
  faults.push(...labelFaults('spec.template.labels', labels));
  if (!Object.entries(wanted).every(([key, value]) => labels[key] === value)) {
    const message = `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``;
    faults.push({ field: 'spec.template.metadata.labels', message });
  }
  if (isFields(before) && !isDeepStrictEqual(before['selector'], selector)) {
    faults.push({
      field: 'spec.selector',
      message: `Invalid value: ${JSON.stringify(selector)}: field is immutable`,
    });
  }
  const containers = (template['spec'] as Fields | undefined)?.['containers'];
  if (!Array.isArray(containers) || containers.length === 0)
    faults.push(required('spec.template.spec.containers'));
  for (const [index, container] of (Array.isArray(containers) ? (containers as Fields[]) : []).entries()) {
    if (!container['name']) faults.push(required(`spec.template.spec.containers[${index}].name`));
    if (!container['image']) faults.push(required(`spec.template.spec.containers[${index}].image`));
  }
  return faults;
}

function serviceFaults(spec: Fields): Fault[] {
  const ports = (spec['ports'] ?? []) as Fields[];
  if (ports.length === 0 && spec['clusterIP'] !== 'None') return [required('spec.ports')];
  return ports.length > 1 && ports.some(({ name }) => !name) ? [required('spec.ports[0].name')] : [];
}

function leaseFaults(spec: Fields): Fault[] {
  for (const field of ['acquireTime', 'renewTime']) {
    const value = spec[field];
    if (value !== undefined && value !== null && !MICRO_TIME.test(String(value)))
      throw badRequest(
        `Lease in version "v1" cannot be handled as a Lease: parsing time "${String(value)}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse`,
      );
  }
  const seconds = spec['leaseDurationSeconds'];
  return typeof seconds === 'number' && seconds <= 0
    ? [{ field: 'spec.leaseDurationSeconds', message: `Invalid value: ${seconds}: must be greater than 0` }]
    : [];
}

function configFaults(object: KubeObject): Fault[] {
  let bytes = 0;
  for (const field of ['data', 'binaryData']) {
    for (const [key, value] of Object.entries((object[field] ?? {}) as Fields)) {
      if (typeof value !== 'string')
        throw badRequest(`cannot unmarshal into Go struct field ConfigMap.${field}.${key} of type string`);
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key))
        return [{ field: `${field}[${key}]`, message: 'Invalid value' }];
      bytes += field === 'data' ? Buffer.byteLength(value) : Buffer.from(value, 'base64').length;
    }
  }
  return bytes > MAX_CONFIG_BYTES
    ? [{ field: '[]', message: `Too long: may not be more than ${MAX_CONFIG_BYTES} bytes` }]
    : [];
}

/** The Gateway API's own schema: weights are whole numbers from 0 to 1,000,000, at most 16 rules and backends. */
function routeFaults(spec: Fields): Fault[] {
  const rules = (spec['rules'] ?? []) as Fields[];
  if (rules.length > 16)
    return [{ field: 'spec.rules', message: `Too many: ${rules.length}: must have at most 16 items` }];
  return rules.flatMap((rule, at) =>
    ((rule['backendRefs'] ?? []) as Fields[]).flatMap((backend, index) => {
      const field = `spec.rules[${at}].backendRefs[${index}]`;
      const { weight, name, port, kind } = backend;
      const faults: Fault[] = [];
      if (typeof name !== 'string' || name === '') faults.push(required(`${field}.name`));
      if (!Number.isInteger(weight) || (weight as number) < 0 || (weight as number) > 1_000_000) {
        faults.push({ field: `${field}.weight`, message: `Invalid value: ${JSON.stringify(weight)}` });
      }
      if (kind === 'Service' && port === undefined)
        faults.push({ field, message: 'Invalid value: "object": Must have port for Service reference' });
      return faults;
    }),
  );
}

/** @throws Refused 400 for a field that the kind doesn't have (`fieldValidation=Strict`), as far as the list below knows. */
export function refuseUnknown(entry: KindEntry, object: KubeObject): void {
  const known = KNOWN[qualified(entry.plural, entry.group)];
  const spec = object['spec'];
  if (known === undefined || !isFields(spec)) return;
  const unknown = Object.keys(spec).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const list = unknown.map((key) => `unknown field "spec.${key}"`).join(', ');
  throw badRequest(
    `${entry.kind} in version "${entry.versions[0] ?? ''}" cannot be handled as a ${entry.kind}: strict decoding error: ${list}`,
  );
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'deployments.apps': [
    'minReadySeconds',
    'paused',
    'progressDeadlineSeconds',
    'replicas',
    'revisionHistoryLimit',
    'selector',
    'strategy',
    'template',
  ],
  'leases.coordination.k8s.io': [
    'acquireTime',
    'holderIdentity',
    'leaseDurationSeconds',
    'leaseTransitions',
    'preferredHolder',
    'renewTime',
    'strategy',
  ],
};
