/** A strict look at XML 1.0: well-formed or not, and which elements it has. No entities of its own, no DTD. */

export interface XmlElement {
  name: string;
  children: XmlElement[];
}

const NAME = '[\\p{L}_:][\\p{L}\\p{N}_:.\\-\\u00B7]*';
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\dA-Fa-f]+);)/;
const TOKENS = new RegExp(
  [
    '<!--(?<comment>[^]*?)-->',
    '<!\\[CDATA\\[(?<cdata>[^]*?)\\]\\]>',
    `<\\?(?<instruction>${NAME})(?:\\s[^]*?)?\\?>`,
    `</(?<closes>${NAME})\\s*>`,
    `<(?<opens>${NAME})(?<attributes>(?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(?<empty>/?)>`,
    '(?<text>[^<]+)',
  ].join('|'),
  'uy',
);
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*("[^"]*"|'[^']*')`, 'gu');

/** The root element; throws, saying what is wrong, when the text is no well-formed document. */
export function readXml(text: string): XmlElement {
  if (/<!DOCTYPE/i.test(text)) throw new Error('it has a document type, which is not read');
  const document: XmlElement = { name: '', children: [] };
  const open: XmlElement[] = [document];
  const source = text.trim();
  TOKENS.lastIndex = 0;
  for (let at = 0; at < source.length; at = TOKENS.lastIndex) {
    const token = TOKENS.exec(source)?.groups;
    if (token === undefined) throw new Error(`it breaks at '${source.slice(at, at + 40)}'`);
    take(token, open, at);
  }
  const [root] = document.children;
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  if (root === undefined || document.children.length > 1) throw new Error('it has not one root element');
  return root;
}

function take(token: Record<string, string | undefined>, open: XmlElement[], at: number): void {
  const parent = open.at(-1);
  const { comment, instruction, closes, opens, attributes = '', empty, text, cdata } = token;
  if (comment?.includes('--') === true) throw new Error('a comment holds --');
  if (instruction?.toLowerCase() === 'xml' && at > 0) throw new Error('its declaration is not at its start');
  if (text !== undefined && (ENTITY.test(text) || text.includes(']]>')))
    throw new Error(`'${text.trim().slice(0, 40)}' holds & or ]]> that is not escaped`);
  const isOutside = open.length === 1;
  if (isOutside && (cdata !== undefined || (text !== undefined && text.trim() !== '')))
    throw new Error('there is text outside of its root element');
  if (closes !== undefined) {
    if (parent?.name !== closes || isOutside) throw new Error(`</${closes}> closes nothing`);
    open.pop();
  }
  if (opens === undefined) return;
  checkAttributes(attributes, opens);
  const element: XmlElement = { name: opens, children: [] };
  parent?.children.push(element);
  if (empty !== '/') open.push(element);
}

function checkAttributes(attributes: string, element: string): void {
  const names = new Set<string>();
  for (const [, name = '', value = ''] of attributes.matchAll(ATTRIBUTE)) {
    if (names.has(name)) throw new Error(`<${element}> has the attribute ${name} twice`);
    if (ENTITY.test(value)) throw new Error(`<${element}> has an & that is not escaped`);
    names.add(name);
  }
}

/** Whether there is an element at `root.child.grandchild`; a number picks among equals. */
export function hasElement(root: XmlElement, path: string): boolean {
  let level: readonly XmlElement[] = [{ name: '', children: [root] }];
  let isNamed = false;
  for (const part of path.split('.')) {
    if (isNamed && /^\d+$/.test(part)) {
      level = level.slice(Number(part), Number(part) + 1);
      isNamed = false;
    } else {
      level = level.flatMap(({ children }) => children.filter(({ name }) => name === part));
      isNamed = true;
    }
    if (level.length === 0) return false;
  }
  return true;
}
