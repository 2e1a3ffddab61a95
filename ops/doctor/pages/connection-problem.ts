import { failed, unknown, type CheckResult } from '../finding.ts';

const knownErrors: Readonly<Record<string, readonly [finding: string, next: string]>> = {
  ENOTFOUND: ['there is no such host', 'See whether ticketUrl names the right one.'],
  EAI_AGAIN: ['its name could not be looked up', "See whether this machine's name service works."],
  ECONNREFUSED: ['nothing listens there for https', 'See whether the CRM runs, and on port 443.'],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Have it renewed: browsers refuse the page.'],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', 'See the clocks, here and there.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for other hosts',
    'Have one made for this host, or set ticketUrl to the host it is for.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is signed by itself',
    'Browsers refuse it where it was not installed: take one of a public authority.',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'its certificate is of an authority that is not public',
    'Browsers refuse it where that authority was not installed: take one of a public authority.',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'its certificate comes without the one that signed it',
    'Have the server send its whole chain: not all browsers fetch what is missing.',
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'its certificate is of an authority that is not known here',
    'Take one of a public authority, or have the server send its whole chain.',
  ],
};

/** Why a page's host did not answer over https, by Node's code of the error. */
export const connectionFailure = (code: string): CheckResult => {
  if (code === 'private-address') {
    return unknown(
      'its address is not a public one: it is not asked from here',
      'Open a ticket in a private window of a browser in that network: it has to ask for a login.',
    );
  }
  if (code === 'timed-out') {
    return failed(
      'no answer in time',
      'See whether a browser on this machine gets one; a CRM that lets in certain networks only may not.',
    );
  }
  const [finding, next] = knownErrors[code] ?? [
    `no answer over https (${code})`,
    'See whether a browser on this machine gets one.',
  ];
  return failed(finding, next);
};
