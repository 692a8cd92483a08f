/** Labels that tell the canary's objects from the stable's. Pure. */

/** `stable` or `canary`. */
export const TRACK_LABEL = 'sluice/track';
/** Name of the version, as a label may hold it. */
export const VERSION_LABEL = 'sluice/version';
/** Name of the stable workload. With the track it selects a canary's pods, whatever else a router changes on them. */
export const WORKLOAD_LABEL = 'sluice/workload';
/** Annotation of the pod template: the weights' digest. */
export const WEIGHTS_ANNOTATION = 'sluice/weights';

/** What a label's value may hold. */
const LONGEST_LABEL = 63;
const CANARY = '-canary';

/** The label of a Service's selector that is another on canary pods, so that the Service doesn't find them. */
export function tellingLabel(selector: Readonly<Record<string, string>>): string | undefined {
  return ['app', 'app.kubernetes.io/name'].find((key) => key in selector) ?? Object.keys(selector).sort()[0];
}

/** What stands there on canary pods. */
export function canaryLabel(value: string): string {
  return `${value.slice(0, LONGEST_LABEL - CANARY.length)}${CANARY}`;
}

/** A version as a label's value: what a label can't hold becomes a dash. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, LONGEST_LABEL)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
