/** Changes single values in a card's text: bytes that aren't part of a changed value stay as they are. */
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import type * as YamlModule from 'yaml';
import type { CardStatus } from './model-card.ts';

export interface CardChange {
  /** Written to spec.evaluation.metrics; keys that stand there and aren't named are left alone. */
  metrics: Readonly<Record<string, number>>;
  status: CardStatus;
  /** Who let it through; what stands there is left alone without one. */
  approval?: { by: string; date: string };
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

/**
 * The card's text with new metrics and status. Values are replaced where they stand, new keys are put behind the last
 * one of their map in its own style. Where the text has a shape that can't be edited so (an alias, a missing section), the
 * YAML library writes the whole document: comments and order are kept then too, but not every space.
 */
export async function updateModelCard(text: string, change: CardChange): Promise<string> {
  const yaml = await import('yaml');
  const document = yaml.parseDocument(text, { keepSourceTokens: true });
  const edits = planEdits(document, change, text, yaml);
  if (edits !== undefined) {
    const edited = apply(text, edits);
    const again = yaml.parseDocument(edited);
    if (again.errors.length === 0 && holds(again.toJS(), change)) return edited;
  }
  for (const path of [['spec'], ['spec', 'evaluation'], ['spec', 'evaluation', 'metrics']]) {
    // `metrics:` with nothing behind it is null, which nothing can be put into.
    if (!yaml.isMap(document.getIn(path, true))) document.setIn(path, document.createNode({}));
  }
  for (const [name, value] of Object.entries(change.metrics)) {
    document.setIn(['spec', 'evaluation', 'metrics', name], value);
  }
  for (const [key, value] of specValues(change)) document.setIn(['spec', key], value);
  return document.toString({ lineWidth: 0, flowCollectionPadding: !/\{\S/u.test(text) });
}

type Yaml = typeof YamlModule;

function specValues({ status, approval }: CardChange): [string, string][] {
  if (approval === undefined) return [['status', status]];
  return [
    ['status', status],
    ['approvedBy', approval.by],
    ['approvalDate', approval.date],
  ];
}

/** As it stands in the text: who approved and when in quotes, because a login may be `null` or `no`, and a date is no text. */
function written(name: string, value: string | number): string {
  return name.startsWith('approv') ? JSON.stringify(value) : String(value);
}

/** All edits, or undefined where one can't be made in place. */
function planEdits(document: Document, change: CardChange, text: string, yaml: Yaml): Edit[] | undefined {
  const spec: unknown = document.getIn(['spec'], true);
  const metrics: unknown = document.getIn(['spec', 'evaluation', 'metrics'], true);
  if (!yaml.isMap(spec) || !yaml.isMap(metrics)) return undefined;
  const inMetrics = editMap(metrics, Object.entries(change.metrics), text, yaml);
  const inSpec = editMap(spec, specValues(change), text, yaml);
  return inMetrics && inSpec && [...inMetrics, ...inSpec];
}

function editMap(
  map: YAMLMap,
  wanted: readonly (readonly [string, string | number])[],
  text: string,
  yaml: Yaml,
): Edit[] | undefined {
  const edits: Edit[] = [];
  const added: string[] = [];
  for (const [name, value] of wanted) {
    const pair = map.items.find((item) => yaml.isScalar(item.key) && item.key.value === name);
    if (pair === undefined) {
      added.push(`${/^[\w.@-]+$/u.test(name) ? name : JSON.stringify(name)}: ${written(name, value)}`);
      continue;
    }
    const node = pair.value;
    if (!yaml.isScalar(node)) return undefined;
    if (String(node.value) === String(value)) continue;
    const edit = replaceScalar(node, written(name, value));
    if (edit === undefined) return undefined;
    edits.push(edit);
  }
  if (added.length === 0) return edits;
  const insertion = insertAfterLast(map, added, text);
  return insertion && [...edits, insertion];
}

function replaceScalar(node: Scalar, value: string): Edit | undefined {
  if (node.anchor !== undefined || !node.range) return undefined;
  const [start, end] = node.range;
  // An empty value (`accuracy:`) has no place of its own: the library writes it.
  return end > start ? { start, end, text: value } : undefined;
}

/** `{a: 1}` gets `, b: 2`; a block map gets a line with the indentation of its last key. */
function insertAfterLast(map: YAMLMap, added: readonly string[], text: string): Edit | undefined {
  const last = map.items.at(-1) as Pair<Node, Node | null> | undefined;
  if (map.flow === true) {
    const open = map.range?.[0];
    if (last === undefined)
      return open === undefined ? undefined : { start: open + 1, end: open + 1, text: added.join(', ') };
    const end = last.value?.range?.[1];
    return end === undefined ? undefined : { start: end, end, text: `, ${added.join(', ')}` };
  }
  const key = last?.key.range?.[0];
  const end = last?.value?.range?.[1];
  if (key === undefined || end === undefined) return undefined;
  const lineStart = text.lastIndexOf('\n', key - 1) + 1;
  const indent = text.slice(lineStart, key);
  if (indent.trim() !== '') return undefined;
  // Behind the last value's line, past its comment.
  const newline = text.indexOf('\n', Math.max(end - 1, key));
  const lines = added.map((line) => `${indent}${line}`);
  if (newline < 0) return { start: text.length, end: text.length, text: `\n${lines.join('\n')}` };
  return { start: newline + 1, end: newline + 1, text: `${lines.join('\n')}\n` };
}

function apply(text: string, edits: readonly Edit[]): string {
  // From the back, so that earlier places stay where they were.
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce(
      (done, { start, end, text: replacement }) => done.slice(0, start) + replacement + done.slice(end),
      text,
    );
}

/** Whether the edited text says what it should: an edit in a shape not thought of is caught here. */
function holds(value: unknown, change: CardChange): boolean {
  const spec = field(value, 'spec');
  const metrics = field(field(spec, 'evaluation'), 'metrics');
  return (
    specValues(change).every(([key, value]) => field(spec, key) === value) &&
    Object.entries(change.metrics).every(([name, wanted]) => field(metrics, name) === wanted)
  );
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
