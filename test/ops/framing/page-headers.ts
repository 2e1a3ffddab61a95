/** Headers of a page, and whether a browser shows it in a frame of Flex. */
export interface Case {
  readonly what: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly framed: boolean;
}

const csp = (what: string, framed: boolean, ...values: readonly string[]): Case => ({
  what,
  headers: { 'content-security-policy': values },
  framed,
});

const options = (what: string, ...values: readonly string[]): Case => ({
  what,
  headers: { 'x-frame-options': values },
  framed: false,
});

const both = (what: string, framed: boolean, policy: string, option: string): Case => ({
  what,
  headers: { 'content-security-policy': [policy], 'x-frame-options': [option] },
  framed,
});

const sources = (value: string, framed: boolean): Case =>
  csp(`frame-ancestors ${value}`, framed, `frame-ancestors ${value}`);

export const cases: readonly Case[] = [
  { what: 'no header of the two', headers: {}, framed: true },

  // X-Frame-Options alone.
  options('DENY', 'DENY'),
  options('SAMEORIGIN, as ServiceNow has it by default', 'SAMEORIGIN'),
  options('an option in lower case', 'sameorigin'),
  options('ALLOW-FROM, which browsers no longer know', 'ALLOW-FROM https://flex.twilio.com'),
  options('ALLOWALL', 'ALLOWALL'),
  options('junk', 'whatever'),
  options('an option without a value', ''),
  options('two options', 'ALLOWALL', 'DENY'),
  options('two options in one header', 'ALLOWALL, SAMEORIGIN'),

  // Policies that say nothing of frames.
  csp('a policy without the directive', true, "default-src 'none'; frame-src 'none'"),
  csp('an empty policy', true, ''),
  csp('a directive whose name only begins alike', true, "frame-ancestors-none 'none'"),
  csp('the directive within the value of another', true, "script-src frame-ancestors 'none'"),
  both('such a policy and an option', false, "default-src 'self'", 'SAMEORIGIN'),
  {
    what: 'a policy that is only reported',
    headers: { 'content-security-policy-report-only': ["frame-ancestors 'none'"] },
    framed: true,
  },
  {
    what: 'a permission that is only reported, and an option',
    headers: {
      'content-security-policy-report-only': ['frame-ancestors https://flex.twilio.com'],
      'x-frame-options': ['SAMEORIGIN'],
    },
    framed: false,
  },

  // As CRMs are configured.
  sources("'self' https://flex.twilio.com", true),
  sources("'self' https://*.powerapps.com", false),
  sources("'self' https://*.powerapps.com https://flex.twilio.com", true),
  both(
    'a permission, and an option that it overrides',
    true,
    "frame-ancestors 'self' https://flex.twilio.com",
    'SAMEORIGIN',
  ),
  both('a refusal, and an option', false, "frame-ancestors 'self'", 'ALLOWALL'),
  csp(
    'the directive among others',
    true,
    "default-src 'self' https: data:; object-src 'none' ;  Frame-Ancestors\thttps://flex.twilio.com  ; report-uri /r",
  ),

  // Source expressions.
  sources('*', true),
  sources('https:', true),
  sources('HTTPS:', true),
  sources('http:', true),
  sources('wss:', false),
  sources('data:', false),
  sources('https', false),
  sources('flex.twilio.com', true),
  sources('https://FLEX.Twilio.COM', true),
  sources('HTTPS://flex.twilio.com', true),
  sources('http://flex.twilio.com', true),
  sources('wss://flex.twilio.com', false),
  sources('*://flex.twilio.com', false),
  sources('//flex.twilio.com', false),
  sources('https:/flex.twilio.com', false),
  sources('https://*', true),
  sources('*:443', true),
  sources('*:8443', false),
  sources('*.twilio.com', true),
  sources('https://*.twilio.com', true),
  sources('*.com', true),
  sources('https://twilio.com', false),
  sources('*.flex.twilio.com', false),
  sources('*twilio.com', false),
  sources('*.', false),
  sources('flex.*.com', false),
  sources('flex.twilio.*', false),
  sources('https://flex.twilio.com.', false),
  sources('https://flex-twilio.com', false),
  sources('https://flexxtwilio.com', false),
  sources('https://evilflex.twilio.com', false),
  sources('*.xtwilio.com', false),
  sources('https://flex.twilio.com.evil.example', false),
  sources('https://user@flex.twilio.com', false),
  sources('https://flex.twilio.com:443', true),
  sources('https://flex.twilio.com:*', true),
  sources('flex.twilio.com:443', true),
  sources('https://flex.twilio.com:', false),
  sources('https://flex.twilio.com:8443', false),
  sources('https://flex.twilio.com:80', false),
  sources('http://flex.twilio.com:443', false),
  sources('https://flex.twilio.com/', true),
  sources('https://flex.twilio.com/agent-desktop', false),
  sources('https://flex.twilio.com?x', false),
  sources("'none'", false),
  sources("'none' https://flex.twilio.com", true),
  sources("'self'", false),
  sources('self', false),
  sources("'unsafe-inline' 'nonce-abc' 'https://flex.twilio.com'", false),
  sources('"https://flex.twilio.com"', false),
  sources('https://flex.twilio.com https://*.twilio.com', true),
  sources('https://other.example https://flex.twilio.com', true),
  sources('https://flex.twilio.com;', true),
  csp('a directive without sources', false, 'frame-ancestors'),
  csp(
    'a source that is not ASCII',
    false,
    'frame-ancestors https://flex.twilio.com https://\u00e9.example',
  ),

  // Several.
  csp(
    'a directive given twice, of which the first counts: refused',
    false,
    "frame-ancestors 'none'; frame-ancestors https://flex.twilio.com",
  ),
  csp(
    'a directive given twice, of which the first counts: allowed',
    true,
    "frame-ancestors https://flex.twilio.com; FRAME-ANCESTORS 'none'",
  ),
  csp('two policies that allow', true, 'frame-ancestors https:', 'frame-ancestors *.twilio.com'),
  csp(
    'a policy that allows, and one that refuses',
    false,
    'frame-ancestors *',
    "frame-ancestors 'self'",
  ),
  csp(
    'a policy that refuses, and one that allows',
    false,
    "frame-ancestors 'self'",
    'frame-ancestors *',
  ),
  csp('two joined by a comma that allow', true, 'frame-ancestors https:, frame-ancestors *'),
  csp(
    'two joined by a comma of which one refuses',
    false,
    "frame-ancestors *; default-src 'self', frame-ancestors 'none'",
  ),
  csp(
    'a policy that allows, and one that says nothing',
    true,
    "default-src 'self'",
    'frame-ancestors *',
  ),
];
