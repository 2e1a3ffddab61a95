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
 * The content of an element: its text, or the elements in it by name. If a name occurs several times, the value is
 * a list.
 */
type XmlContent = string | readonly XmlContent[] | { readonly [name: string]: XmlContent };

/** An element that may occur any number of times, parsed to a list. */
export const elements = z
  .unknown()
  .optional()
  .transform((content): readonly unknown[] => {
    if (content === undefined) return [];
    return Array.isArray(content) ? content : [content];
  });

/** A SOAP message has seven levels. */
const maxDepth = 32;

/** A hundred records with many fields need fewer. A body of 6 MiB has room for 1.5 million. */
const maxElements = 20_000;

/**
 * Two tags for each element, and one for a comment or the like. The parser needs 600 bytes of memory for each tag.
 */
const maxTags = 3 * maxElements;

const qualifiedName = /^(?:(?<prefix>[^:]+):)?(?<local>[^:]+)$/;

/** The namespaces that an element declares, and the scope around it. */
interface Scope {
  declared: ReadonlyMap<string, string>;
  outer?: Scope;
}

/** Source: https://www.w3.org/TR/xml-names/#ns-decl */
const outermost: Scope = {
  declared: new Map([
    ['', ''],
    ['xml', 'http://www.w3.org/XML/1998/namespace'],
  ]),
};

/**
 * Parses an XML body to data. Names get the prefixes of `namespaces`, because the sender chooses the prefixes in
 * the body. Elements of other namespaces, attributes, comments and the text between elements are left out.
 * @throws HttpError if the body is not UTF-8 or not well-formed; has a document type, its own entity or an undeclared
 * prefix; or has more than 32 levels, 20,000 elements or 60,000 tags
 */
export function parseXml(body: Buffer, namespaces: Readonly<Record<string, string>>): XmlContent {
  if (hasMoreTags(body, maxTags)) throw malformed(`The body has more than ${maxTags} tags`);
  const prefixes = new Map(Object.entries(namespaces).map(([prefix, uri]) => [uri, prefix]));
  let count = 0;

  /** Our name for an element. Undefined if its namespace is not ours. */
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
    // Each name has a colon, so it cannot be a property that every object has.
    return Object.fromEntries(contents);
  };

  const contentOf = ({ children }: XmlElement, scope: Scope, depth: number): XmlContent => {
    const inner = children.filter((child) => child instanceof XmlElement);
    if (inner.length > 0) return read(inner, scope, depth + 1);
    return children.map((child) => (child instanceof XmlText ? child.text : '')).join('');
  };

  return read([rootOf(body)], outermost, 1);
}

/** Whether a body has more tags than `max`. Comments, CDATA sections and the like count too. */
function hasMoreTags(body: Buffer, max: number): boolean {
  let count = 0;
  for (let at = body.indexOf('<'); at !== -1; at = body.indexOf('<', at + 1)) {
    count += 1;
    if (count > max) return true;
  }
  return false;
}

function malformed(message: string): HttpError {
  return new HttpError('malformed', message);
}

/** The parser accepts only XML's own five entities, and keeps a document type if the option is set. */
function documentOf(body: Buffer): XmlDocument {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // This is XML's rule for line ends (2.11). The parser needs quadratic time for it.
    return parse(text.replace(/\r\n?/g, '\n'), { preserveDocumentType: true });
  } catch {
    // The parser's message quotes the body. If a body is nested too deeply, the stack overflows.
    throw malformed('The body is not XML in UTF-8, or is nested too deeply');
  }
}

function rootOf(body: Buffer): XmlElement {
  const { children, root } = documentOf(body);
  if (children.some((child) => child instanceof XmlDocumentType)) {
    throw malformed('The body has a document type: leave <!DOCTYPE> out');
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
