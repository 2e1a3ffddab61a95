import {
  parseXml as parse,
  type XmlDocument,
  XmlDocumentType,
  XmlElement,
  XmlText,
} from '@rgrove/parse-xml';
import * as z from 'zod';
import { HttpError } from '../../http/errors.ts';

/**
 * What an element holds: its text, or the elements in it by name. A name that occurs once has its
 * content, one that occurs again has a list.
 */
type XmlContent = string | readonly XmlContent[] | { readonly [name: string]: XmlContent };

/** An element that may occur any number of times, as a list. */
export const elements = z
  .unknown()
  .optional()
  .transform((content): readonly unknown[] => {
    if (content === undefined) return [];
    return Array.isArray(content) ? content : [content];
  });

/** A SOAP message has seven levels. */
const maxDepth = 32;

/** More than a hundred records of many fields; as many as fit into a body would be 65,000. */
const maxElements = 20_000;

const qualifiedName = /^(?:(?<prefix>[^:]+):)?(?<local>[^:]+)$/;

/** The namespaces that an element declares, and where to look for others. */
interface Scope {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer?: Scope;
}

/** Source: https://www.w3.org/TR/xml-names/#ns-decl */
const outermost: Scope = {
  declared: new Map([
    ['', ''],
    ['xml', 'http://www.w3.org/XML/1998/namespace'],
  ]),
};

/**
 * What a body of XML says, as data. Names have the prefixes that `namespaces` gives (by prefix), for
 * those in the body are the sender's choice; elements of other namespaces are left out, attributes and
 * comments too, and text that stands between elements.
 * @throws Refusal when it is not UTF-8, not well-formed, has a document type or an entity of its own,
 * a prefix that it does not declare, more than 32 levels or 20,000 elements.
 */
export function parseXml(body: Buffer, namespaces: Readonly<Record<string, string>>): XmlContent {
  const prefixes = new Map(Object.entries(namespaces).map(([prefix, uri]) => [uri, prefix]));
  let count = 0;

  /** Our name of an element; undefined where it is of no namespace of ours. */
  const nameOf = ({ name }: XmlElement, scope: Scope): string | undefined => {
    const { prefix = '', local } = qualifiedName.exec(name)?.groups ?? {};
    const namespace = namespaceOf(prefix, scope);
    if (namespace === undefined || local === undefined) {
      throw malformed('The body has an element with a prefix that it does not declare');
    }
    const ownPrefix = prefixes.get(namespace);
    return ownPrefix === undefined ? undefined : `${ownPrefix}:${local}`;
  };

  const read = (parents: readonly XmlElement[], outer: Scope, depth: number): XmlContent => {
    count += parents.length;
    if (depth > maxDepth) throw malformed(`The body is nested more than ${maxDepth} levels deep`);
    if (count > maxElements) throw malformed(`The body has more than ${maxElements} elements`);
    const named = parents.map((element) => {
      const scope = scopeIn(element, outer);
      return { name: nameOf(element, scope), content: contentOf(element, scope, depth) };
    });
    const contents = [...Map.groupBy(named, ({ name }) => name)].flatMap(
      ([name, same]): [string, XmlContent][] => {
        const [first, ...again] = same.map(({ content }) => content);
        if (name === undefined || first === undefined) return [];
        return [[name, again.length === 0 ? first : [first, ...again]]];
      },
    );
    // Each name has a colon, so none is that of a property which every object has.
    return Object.fromEntries(contents);
  };

  const contentOf = ({ children }: XmlElement, scope: Scope, depth: number): XmlContent => {
    const inner = children.filter((child) => child instanceof XmlElement);
    if (inner.length > 0) return read(inner, scope, depth + 1);
    return children.map((child) => (child instanceof XmlText ? child.text : '')).join('');
  };

  return read([rootOf(body)], outermost, 1);
}

function malformed(message: string): HttpError {
  return new HttpError('malformed', message);
}

/** The parser takes no entity but the five of XML itself, and tells of a document type when asked to. */
function documentOf(body: Buffer): XmlDocument {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // XML's own rule for line ends (2.11), which the parser follows in quadratic time.
    return parse(text.replace(/\r\n?/g, '\n'), { preserveDocumentType: true });
  } catch {
    // The parser's own message quotes the body; where it is nested too deeply, the stack ends.
    throw malformed('The body is not XML in UTF-8, or is nested too deeply');
  }
}

function rootOf(body: Buffer): XmlElement {
  const { children, root } = documentOf(body);
  if (children.some((child) => child instanceof XmlDocumentType)) {
    throw malformed('The body has a document type, which is never taken: leave <!DOCTYPE> out');
  }
  if (root === null) throw malformed('The body is XML without an element');
  return root;
}

function scopeIn({ attributes }: XmlElement, outer: Scope): Scope {
  const declared = Object.entries(attributes).flatMap(([name, namespace]): [string, string][] => {
    if (name === 'xmlns') return [['', namespace]];
    return name.startsWith('xmlns:') ? [[name.slice('xmlns:'.length), namespace]] : [];
  });
  return declared.length === 0 ? outer : { declared: new Map(declared), outer };
}

function namespaceOf(prefix: string, { declared, outer }: Scope): string | undefined {
  return declared.get(prefix) ?? (outer && namespaceOf(prefix, outer));
}
