import * as z from 'zod';
import { parseArn } from '../arn.ts';
import { whenValid } from './about.ts';

interface RegionalConfig {
  readonly key: { readonly arn?: string | undefined };
  readonly domain?: { readonly certificateArn: string } | undefined;
}

/**
 * What has to be in the region of the stack.
 * @param region where it is configured: it may come from the environment as well, and is not known then
 */
export const inStackRegion = (region: string | undefined) => {
  const isInRegion = (arn: string | undefined): boolean =>
    region === undefined || arn === undefined || parseArn(arn).region === region;
  const error = `must be in ${region}, the region of the stack (aws:region)`;
  const keyArn = ['key', 'arn'];
  const certificateArn = ['domain', 'certificateArn'];
  return [
    z.refine<RegionalConfig>(({ key }) => isInRegion(key.arn), { path: keyArn, error, ...whenValid(keyArn) }),
    z.refine<RegionalConfig>(({ domain }) => isInRegion(domain?.certificateArn), {
      path: certificateArn,
      error,
      ...whenValid(certificateArn),
    }),
  ];
};
