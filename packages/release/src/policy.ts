/** A policy file: which licences, which sections of the card, whose approval. Each finding names file, line, key and mend. */
import { ConfigError } from '@sluice/runtime/errors';
import validate from './policy-schema.gen.ts';
import { lineFinder } from './yaml-lines.ts';

export interface Policy {
  licenses?: string[];
  cardSections?: string[];
  approval?: 'automatic' | { environments?: string[]; roles?: Record<string, string[]> };
}

/** Somebody's word on one of this run's environments. */
export interface Review {
  state: string;
  login: string;
  environments: string[];
}

export interface Approval {
  by: string;
  /** UTC, `2026-01-31`. */
  date: string;
}

/** @throws ConfigError with every fault, each with its line */
export async function parsePolicy(text: string, path: string): Promise<Policy> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map((error) => `the policy ${path}: ${error.message.split('\n')[0]}`),
    );
  const value: unknown = document.toJS() ?? {};
  if (validate(value)) return value as Policy;
  const lineOf = await lineFinder(text);
  throw new ConfigError(
    (validate.errors ?? [])
      .filter(({ keyword }) => keyword !== 'oneOf')
      .map(({ instancePath, message, params }) => {
        const extra = params['additionalProperty'] as string | undefined;
        const keys = [...instancePath.split('/').slice(1), ...(extra === undefined ? [] : [extra])];
        const what = extra === undefined ? (message ?? 'is not valid') : 'is no key of a policy';
        return `${path}:${lineOf(keys)}: ${keys.join('.') || 'it'} ${what}`;
      }),
  );
}

/** What the card lacks; empty when it fits. */
export async function checkCard(
  policy: Policy,
  policyPath: string,
  card: { text: string; path: string; value: unknown },
): Promise<string[]> {
  const lineOf = await lineFinder(card.text);
  const findings: string[] = [];
  const { licenses } = policy;
  if (licenses !== undefined) {
    const license = at(card.value, ['spec', 'license']);
    const where = `${card.path}:${lineOf(['spec', 'license'])}: spec.license`;
    const allowed = `${policyPath} allows ${licenses.join(', ')}`;
    if (typeof license !== 'string' || license.trim() === '')
      findings.push(`${where} is missing, and ${allowed}; write the licence of the weights there`);
    else if (!licenses.some((each) => each.toLowerCase() === license.toLowerCase()))
      findings.push(
        `${where} is ${JSON.stringify(license)}, and ${allowed}; use another base model, or allow it there`,
      );
  }
  for (const section of policy.cardSections ?? []) {
    const keys = section.startsWith('metadata.') ? section.split('.') : ['spec', ...section.split('.')];
    if (isEmpty(at(card.value, keys)))
      findings.push(
        `${card.path}:${lineOf(keys)}: ${keys.join('.')} is ${at(card.value, keys) === undefined ? 'missing' : 'empty'}, and ${policyPath} requires it; fill it in`,
      );
  }
  return findings;
}

/**
 * Who approved, by the environment's reviews or by the policy itself. Pure.
 *
 * @param policy undefined: any approved review counts, and none is asked for
 * @returns the approval, or what is still missing; neither where none was asked for and none given
 */
export function judgeApproval(
  policy: Policy | undefined,
  policyPath: string,
  reviews: readonly Review[],
  today: string,
): { approval?: Approval; missing: string[] } {
  const wanted = policy?.approval;
  if (wanted === 'automatic') return { approval: { by: `policy ${policyPath}`, date: today }, missing: [] };
  const { environments, roles } = wanted ?? {};
  const counted = reviews.filter(
    (review) =>
      review.state === 'approved' &&
      (environments === undefined || review.environments.some((name) => environments.includes(name))),
  );
  const who = [...new Set(counted.map(({ login }) => login))];
  const missing = Object.entries(roles ?? {})
    .filter(([, people]) => !people.some((person) => who.some((login) => same(login, person))))
    .map(([role, people]) => `the approval of ${role} is missing (${people.join(' or ')})`);
  if (wanted !== undefined && roles === undefined && who.length === 0)
    missing.push(`an approving review of ${environments?.join(' or ') ?? 'an environment'} is missing`);
  if (missing.length > 0) return { missing };
  return who.length === 0 ? { missing } : { approval: { by: who.join(', '), date: today }, missing };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function at(value: unknown, keys: readonly string[]): unknown {
  let now = value;
  for (const key of keys) {
    if (typeof now !== 'object' || now === null || !Object.hasOwn(now, key)) return undefined;
    now = (now as Record<string, unknown>)[key];
  }
  return now ?? undefined;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' && Object.keys(value).length === 0;
}
