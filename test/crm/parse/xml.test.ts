import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { elements, parseXml } from '../../../shared/crm/parse/xml.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import { maxEventBodyBytes } from '../../../shared/http/request.ts';
import { anyCharacter } from '../../property-runs.ts';

const namespaces = { a: 'urn:a', b: 'urn:b' };
const read = (xml: string | Buffer) => parseXml(Buffer.from(xml), namespaces);

const refusalOf = (xml: string | Buffer): HttpError | undefined => {
  try {
    read(xml);
    return undefined;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
};
const outcomeOf = (xml: string | Buffer) => refusalOf(xml)?.outcome ?? 'read';

const filling = (part: string): string => part.repeat(Math.floor(maxEventBodyBytes / part.length));

describe('an element of XML', () => {
  it('is its text, or the elements in it by name', () => {
    expect(read('<x xmlns="urn:a"><y>one</y><z><w/></z></x>')).toEqual({
      'a:x': { 'a:y': 'one', 'a:z': { 'a:w': '' } },
    });
  });

  it('is one of a list if its name occurs again, in their order', () => {
    const { 'a:x': x } = z
      .object({ 'a:x': z.object({ 'a:y': elements }) })
      .parse(read('<x xmlns="urn:a"><y>1</y><z/><y>2</y><y><z/></y></x>'));
    expect(x['a:y']).toEqual(['1', '2', { 'a:z': '' }]);
  });

  it('may be read as a list whether it occurs or not', () => {
    const listIn = (xml: string) => z.object({ 'a:y': elements }).parse(read(xml))['a:y'];
    expect(z.object({ 'a:x': z.object({ 'a:y': elements }) }).parse({ 'a:x': {} })).toEqual({
      'a:x': { 'a:y': [] },
    });
    expect(listIn('<y xmlns="urn:a">1</y>')).toEqual(['1']);
    expect(listIn('<x xmlns="urn:a"/>')).toEqual([]);
  });

  it.each([
    ['CDATA', '<![CDATA[<y>&amp;]]>', '<y>&amp;'],
    ['CDATA within text', 'a<![CDATA[<]]>b', 'a<b'],
    ['a comment within text', 'a<!-- no -->b', 'ab'],
    ['line ends of Windows', 'a\r\nb\rc\n', 'a\nb\nc\n'],
    ['a carriage return that is meant', 'a&#13;\nb', 'a\r\nb'],
  ])('has the text that %s means', (_what, text, means) => {
    expect(read(`<x xmlns="urn:a">${text}</x>`)).toEqual({ 'a:x': means });
  });

  it('keeps no text between elements', () => {
    expect(read('<x xmlns="urn:a"> a <y>b</y> c </x>')).toEqual({ 'a:x': { 'a:y': 'b' } });
  });

  it('may have any name that other objects have a meaning for', () => {
    const { 'a:x': x } = z
      .object({ 'a:x': z.record(z.string(), z.unknown()) })
      .parse(read('<x xmlns="urn:a"><__proto__><y>1</y></__proto__><constructor/></x>'));
    expect(Object.keys(x)).toEqual(['a:__proto__', 'a:constructor']);
    expect(Object.hasOwn(Object.prototype, 'y')).toBe(false);
  });
});

describe('a namespace', () => {
  it.each([
    ['by default', '<x xmlns="urn:a"><y xmlns="urn:b">1</y></x>'],
    ['under the prefixes that we have', '<a:x xmlns:a="urn:a" xmlns:b="urn:b"><b:y>1</b:y></a:x>'],
    ['under each other’s prefixes', '<b:x xmlns:b="urn:a" xmlns:a="urn:b"><a:y>1</a:y></b:x>'],
    ['declared where it is used', '<q:x xmlns:q="urn:a"><q:y xmlns:q="urn:b">1</q:y></q:x>'],
    ['declared with a reference', '<x xmlns="urn:&#97;"><y xmlns="urn:b">1</y></x>'],
  ])('is the same %s', (_how, xml) => {
    expect(read(xml)).toEqual({ 'a:x': { 'b:y': '1' } });
  });

  it('ends with the element that declares it', () => {
    const xml = '<x xmlns="urn:a"><y xmlns="urn:b"><z/></y><y>1</y></x>';
    expect(read(xml)).toEqual({ 'a:x': { 'b:y': { 'b:z': '' }, 'a:y': '1' } });
  });

  it.each([
    ['of others', '<x xmlns="urn:a"><c:y xmlns:c="urn:c">1</c:y><z>2</z></x>'],
    ['that is none', '<x xmlns="urn:a"><y xmlns="">1</y><z>2</z></x>'],
    ['of XML itself', '<x xmlns="urn:a"><xml:y>1</xml:y><z>2</z></x>'],
    ['that differs in a letter', '<x xmlns="urn:a"><y xmlns="urn:A">1</y><z>2</z></x>'],
  ])('%s is left out', (_whose, xml) => {
    expect(read(xml)).toEqual({ 'a:x': { 'a:z': '2' } });
  });

  it('of others at the outside leaves nothing', () => {
    expect(read('<x/>')).toEqual({});
    expect(read('<x xmlns="urn:c"><y xmlns="urn:a">1</y></x>')).toEqual({});
  });

  it.each([
    '<q:x/>',
    '<x xmlns="urn:a"><q:y/></x>',
    '<x><y xmlns:q="urn:a"/><q:y/></x>',
    '<x xmlns:q="urn:a"><q:y:z/></x>',
    '<:x xmlns="urn:a"/>',
    '<q: xmlns:q="urn:a"/>',
  ])('is needed for each prefix: not so in %s', (xml) => {
    expect(outcomeOf(xml)).toBe('malformed');
  });
});

describe('a body that is meant to do harm', () => {
  const laughs = Array.from({ length: 10 }, (_, level) => {
    const ten = `&lol${level};`.repeat(10);
    return `<!ENTITY lol${level + 1} "${ten}">`;
  }).join('');
  const laughing = `<!DOCTYPE x [<!ENTITY lol0 "lol">${laughs}]>`;
  const withFile = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>';

  it.each([
    ['a billion laughs', `${laughing}<x xmlns="urn:a">&lol10;</x>`],
    ['an external entity', `${withFile}<x xmlns="urn:a">&file;</x>`],
    ['a document type without entities', '<!DOCTYPE x><x xmlns="urn:a"/>'],
    ['a document type in small letters', '<!doctype x><x xmlns="urn:a"/>'],
    ['an entity that nobody declares', '<x xmlns="urn:a">&nbsp;</x>'],
    ['an end tag too few', '<x xmlns="urn:a"><y></x>'],
    ['JSON', '{"x":1}'],
    ['nothing', ''],
    ['white space', ' \n'],
    ['bytes that are not UTF-8', Buffer.from('<x>\xff</x>', 'latin1')],
    ['UTF-16', Buffer.from('\ufeff<x xmlns="urn:a"/>', 'utf16le')],
    ['6 MB of nested tags', filling('<x>')],
    ['30,000 tags nested rightly', `${'<x>'.repeat(29_000)}${'</x>'.repeat(29_000)}`],
    ['60,001 tags', `<x xmlns="urn:a">${'<!---->'.repeat(59_999)}</x>`],
    ['33 levels', `${'<x xmlns="urn:a">'.repeat(33)}${'</x>'.repeat(33)}`],
    ['33 levels of others', `${'<x>'.repeat(33)}${'</x>'.repeat(33)}`],
    ['20,001 elements', `<x xmlns="urn:a">${'<y/>'.repeat(20_000)}</x>`],
  ])('is refused: %s', (_what, xml) => {
    expect(outcomeOf(xml)).toBe('malformed');
  });

  it('differs from one that is only large', () => {
    const deep = `${'<x xmlns="urn:a">'.repeat(32)}${'</x>'.repeat(32)}`;
    expect(outcomeOf(deep)).toBe('read');
    expect(outcomeOf(`<x xmlns="urn:a">${'<y/>'.repeat(19_999)}</x>`)).toBe('read');
    expect(outcomeOf(`<x xmlns="urn:a">${'<!---->'.repeat(59_998)}</x>`)).toBe('read');
    expect(read('<?xml version="1.0" encoding="UTF-8"?>\n<!-- x --><x xmlns="urn:a"/>\n')).toEqual({
      'a:x': '',
    });
    expect(read('\ufeff<x xmlns="urn:a"/>')).toEqual({ 'a:x': '' });
    expect(read('<x xmlns="urn:a">&lt;!DOCTYPE x></x>')).toEqual({ 'a:x': '<!DOCTYPE x>' });
  });

  it.each([
    ['carriage returns', `<x xmlns="urn:a">${filling('\r')}</x>`],
    ['carriage returns among others', `<x xmlns="urn:a">${filling('\ré')}</x>`],
    ['references', `<x xmlns="urn:a">${filling('&#13;')}</x>`],
    ['comments', `<x xmlns="urn:a">${filling('<!---->')}</x>`],
    ['CDATA', `<x xmlns="urn:a">${filling('<![CDATA[x]]>')}</x>`],
    ['emoji', `<x xmlns="urn:a">${filling('😀')}</x>`],
    ['brackets', `<!DOCTYPE x [${filling('] ')}`],
    [
      'declarations under declarations',
      `<x ${Array.from({ length: 9000 }, (_, at) => `xmlns:p${at}="u"`).join(' ')}>${'<y xmlns:q="u"/>'.repeat(7000)}</x>`,
    ],
  ])('takes no time beyond its length: %s', (_what, xml) => {
    // Tens of milliseconds. The first took a minute, which is beyond what any test may take.
    expect(['read', 'malformed']).toContain(outcomeOf(xml));
  });

  it('is never quoted', () => {
    for (const xml of ['<x>PHI &nbsp;</x>', '<PHI:x/>', '<!DOCTYPE PHI><x/>', 'PHI']) {
      expect(refusalOf(xml)?.message).toMatch(/^The body /);
      expect(refusalOf(xml)?.message).not.toMatch(/PHI/);
    }
  });

  it('gives data or a refusal for any text', () => {
    const part = fc.constantFrom(
      ...['<', '>', '</', '/>', '<x', '<x>', '</x>', '<a:x xmlns:a="urn:a">', '</a:x>', ' '],
      ...['<!DOCTYPE x [', ']>', '<!ENTITY x "', '<![CDATA[', ']]>', '<!--', '-->', '<?', '?>'],
      ...['&', ';', '&#', '&#x41;', '&amp;', 'xmlns=', 'xmlns:a="urn:a"', '"', "'", '\r', ':'],
    );
    const text = fc.oneof(part, part, fc.string({ unit: anyCharacter, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (parts) => {
        const xml = parts.join('').toWellFormed();
        expect(['read', 'malformed']).toContain(outcomeOf(xml));
        expect(['read', 'malformed']).toContain(outcomeOf(`<x xmlns="urn:a">${xml}</x>`));
      }),
    );
  });

  it('gives back any text that was written into it', () => {
    const legal = fc
      .string({ unit: anyCharacter })
      .filter((text) => !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text));
    fc.assert(
      fc.property(legal, (text) => {
        const written = text.replace(/[<>&\r]/g, (one) => `&#${one.charCodeAt(0)};`);
        expect(read(`<x xmlns="urn:a">${written}</x>`)).toEqual({ 'a:x': text });
      }),
    );
  });
});
