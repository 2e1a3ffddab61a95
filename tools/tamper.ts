import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpCrm } from '../fixtures/crm.ts';
import type { HttpSource } from '../shared/crm/source.ts';

interface TamperedRequest {
  readonly kind: string;
  readonly event: APIGatewayProxyEventV2;
  /** The stored text of the secret after the change. */
  readonly stored: string;
}

/** A source and its CRM: what the signature covers, and where it is. */
export interface Tampered {
  readonly source: Pick<HttpSource, 'requiredHeaders' | 'takesPathToken'>;
  readonly crm: Pick<HttpCrm, 'signsBody'>;
}

const printable = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.,: ';

/** A text that differs in one character, or has one character less or more. */
const changeOneCharacter = (text: string, random: () => number): string => {
  const at = Math.floor(random() * text.length);
  const other = printable.charAt(Math.floor(random() * printable.length));
  const choice = random();
  if (choice < 0.15) return text.slice(0, at) + text.slice(at + 1);
  if (choice < 0.3) return `${text.slice(0, at)}${other}${text.slice(at)}`;
  const changed = text.slice(0, at) + other + text.slice(at + 1);
  return changed === text ? `${text}x` : changed;
};

/** A text with some or all letters in the other case. Undefined if it has no letters. */
const otherCase = (text: string, random: () => number): string | undefined => {
  const isSome = random() < 0.5;
  const changed = text.replace(/[a-z]/gi, (letter) =>
    isSome && random() < 0.9
      ? letter
      : letter === letter.toLowerCase()
        ? letter.toUpperCase()
        : letter.toLowerCase(),
  );
  return changed === text ? undefined : changed;
};

/**
 * Changes one part of a signed request that the signature covers: a byte of the body, a character of a header or of
 * the path's secret, a repeated header, letters in another case, an old time, or an empty secret.
 */
export const tamper = (
  { source, crm }: Tampered,
  event: APIGatewayProxyEventV2,
  secret: string,
  random: () => number,
): TamperedRequest => {
  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(random() * items.length)];
  const withHeader = (name: string, value: string) => ({
    ...event,
    headers: { ...event.headers, [name]: value },
  });
  const header = (how: string, change: (value: string) => string | undefined): TamperedRequest => {
    const name = pick(source.requiredHeaders) ?? '';
    const value = event.headers[name] ?? '';
    const changed = change(value) ?? `${value}x`;
    return { kind: how, event: withHeader(name, changed), stored: secret };
  };
  const path = (): TamperedRequest => {
    const [, folder, name, token = ''] = event.rawPath.split('/');
    const rawPath = `/${folder}/${name}/${changeOneCharacter(token, random).replaceAll('/', '-')}`;
    return { kind: 'path', event: { ...event, rawPath }, stored: secret };
  };
  const bodyBytes = (): TamperedRequest => {
    const bytes = Buffer.from(event.body ?? '', 'base64');
    const at = Math.floor(random() * bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    const cut = random() < 0.1 ? bytes.subarray(0, at) : bytes;
    return { kind: 'body', event: { ...event, body: cut.toString('base64') }, stored: secret };
  };
  const emptied = (): TamperedRequest => ({
    kind: 'secret',
    event,
    stored: pick(['', ' ', '""', '[]', '[""]', 'null']) ?? '',
  });

  const hasHeaders = source.requiredHeaders.length > 0;
  const ways = [
    ...(crm.signsBody ? [bodyBytes, bodyBytes] : []),
    ...(source.takesPathToken ? [path, path] : []),
    ...(hasHeaders
      ? [
          () => header('header', (value) => changeOneCharacter(value, random)),
          () => header('header', (value) => changeOneCharacter(value, random)),
          () => header('twice', (value) => `${value}${pick([',', ', '])}${value}`),
          () => header('case', (value) => otherCase(value, random)),
        ]
      : []),
    emptied,
  ];
  const way = pick(ways);
  if (way === undefined) throw new Error('The request has no part that can be changed');
  return way();
};
