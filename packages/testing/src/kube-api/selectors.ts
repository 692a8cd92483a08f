/** Label and field selectors of lists: pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { badRequest } from './answers.ts';
import { isFields } from './patches.ts';

/** `a=b,c!=d,e in (f,g),!h,i` (labels.Parse). */
export function matchesLabels(selector: string, labels: Record<string, string>): boolean {
  const requirements = selector.match(/[^,(]+(?:\([^)]*\))?/g) ?? [];
  return requirements.every((text) => {
    const set = /^\s*([^\s!=]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(text);
    if (set !== null) {
      const [, key = '', operator, values = ''] = set;
      const held = values
        .split(',')
        .map((value) => value.trim())
        .includes(labels[key] ?? '\0');
      return operator === 'in' ? held : !held;
    }
    const equal = /^\s*([^\s!=]+)\s*(==?|!=)\s*(\S*)\s*$/.exec(text);
    if (equal !== null) {
      const [, key = '', operator, value] = equal;
      return (labels[key] === value) === (operator !== '!=');
    }
    const bare = text.trim();
    return bare.startsWith('!') ? labels[bare.slice(1)] === undefined : labels[bare] !== undefined;
  });
}

/** `metadata.name=x,spec.nodeName=y`; of the event: `involvedObject.uid=…`. */
export function matchesFields(selector: string, object: KubeObject): boolean {
  return selector.split(',').every((text) => {
    const [, path, operator, value] = /^([\w.]+)(==?|!=)(.*)$/.exec(text) ?? [];
    if (path === undefined) throw badRequest(`invalid field selector: "${text}"`);
    let at: unknown = object;
    for (const part of path.split('.')) at = isFields(at) ? at[part] : undefined;
    return (String(at ?? '') === value) === (operator !== '!=');
  });
}
