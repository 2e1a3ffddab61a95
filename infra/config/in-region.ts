import * as z from 'zod';
import { arnParts } from '../arn.ts';
import { about } from './about.ts';

interface Placed {
  readonly key: { readonly arn?: string | undefined };
  readonly domain?: { readonly certificateArn: string } | undefined;
}

/**
 * What has to be in the region of the stack.
 * @param region where it is configured: it may come from the environment as well, and is not known then
 */
export const inRegion = (region: string | undefined) => {
  const isThere = (arn: string | undefined): boolean =>
    region === undefined || arn === undefined || arnParts(arn).region === region;
  const error = `must be in ${region}, the region of the stack (aws:region)`;
  const keyArn = ['key', 'arn'];
  const certificateArn = ['domain', 'certificateArn'];
  return [
    z.refine<Placed>(({ key }) => isThere(key.arn), { path: keyArn, error, ...about(keyArn) }),
    z.refine<Placed>(({ domain }) => isThere(domain?.certificateArn), {
      path: certificateArn,
      error,
      ...about(certificateArn),
    }),
  ];
};
