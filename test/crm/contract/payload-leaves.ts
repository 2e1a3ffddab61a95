import { parseXml, type XmlElement, XmlNode, XmlText } from '@rgrove/parse-xml';

/** One value of a payload, and the payload with another in its place. */
export interface Leaf {
  /** Names from the root, `[]` for each place of an array. */
  readonly path: string;
  readonly replaceWith: (value: unknown) => Buffer;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Visit = (path: string, key: string | number, parent: object) => void;

const walkJson = (value: unknown, path: string, visit: Visit): void => {
  if (!isObject(value) && !Array.isArray(value)) return;
  const entries: [string, unknown, string][] = isObject(value)
    ? Object.entries(value).map(([key, child]) => [
        key,
        child,
        path === '' ? key : `${path}.${key}`,
      ])
    : value.map((child, index) => [String(index), child, `${path}[]`]);
  for (const [key, child, childPath] of entries) {
    const isEmpty = typeof child === 'object' && child !== null && Object.keys(child).length === 0;
    if (isEmpty || typeof child !== 'object' || child === null) visit(childPath, key, value);
    walkJson(child, childPath, visit);
  }
};

/** Stands in the place of one value. No payload holds it. */
const marker = 'the value that is replaced';

const jsonLeaves = (text: string): Leaf[] => {
  const root: unknown = JSON.parse(text);
  const leaves: Leaf[] = [];
  walkJson(root, '', (path, key, parent) => {
    const value: unknown = Reflect.get(parent, key);
    Reflect.set(parent, key, marker);
    const [before, after] = JSON.stringify(root).split(JSON.stringify(marker));
    Reflect.set(parent, key, value);
    leaves.push({
      path,
      replaceWith: (other) => Buffer.from(`${before}${JSON.stringify(other)}${after}`),
    });
  });
  return leaves;
};

const elementsOf = ({ children }: XmlElement): XmlElement[] =>
  children.filter((child): child is XmlElement => child.type === XmlNode.TYPE_ELEMENT);

const localName = ({ name }: XmlElement): string => name.slice(name.indexOf(':') + 1);

const asText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');

const xmlLeaves = (text: string): Leaf[] => {
  const leaves: Leaf[] = [];
  const walk = (element: XmlElement, path: string): void => {
    const inner = elementsOf(element);
    const [only] = element.children;
    if (inner.length === 0 && only instanceof XmlText) {
      const { start, end } = only;
      leaves.push({
        path,
        replaceWith: (value) => Buffer.from(text.slice(0, start) + asText(value) + text.slice(end)),
      });
    }
    for (const child of inner) {
      const name = localName(child);
      const isOneOfMany = inner.filter((other) => localName(other) === name).length > 1;
      walk(child, `${path}.${name}${isOneOfMany ? '[]' : ''}`);
    }
  };
  const { root } = parseXml(text, { includeOffsets: true });
  if (root !== null) walk(root, localName(root));
  return leaves;
};

/** Every value that a payload holds, of JSON or XML. */
export const payloadLeaves = (body: Buffer): Leaf[] => {
  const text = body.toString();
  return text.trimStart().startsWith('<') ? xmlLeaves(text) : jsonLeaves(text);
};
