import * as z from 'zod';
import { listOf, text } from './setting.ts';

const ids = (what: string, prefix: string, max: number) => {
  const id = text(
    `the id of one of your ${what}, ${prefix}-…`,
    new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
  );
  const value = `a list of ids of ${what}, ${prefix}-…, ${max} at most`;
  return listOf(id, max, value).min(1, `must be ${value}`);
};

/** The network that the functions run in, where it is not Lambda's own. */
export const StackVpc = z
  .strictObject(
    {
      subnetIds: ids('subnets', 'subnet', 16).meta({
        description:
          'Private subnets with a way out to the internet, in two zones or more: Twilio is there, and without endpoints in the VPC the services of AWS are as well.',
        example: ['subnet-0a1b2c3d4e5f60718', 'subnet-1b2c3d4e5f6071829'],
      }),
      securityGroupIds: ids('security groups', 'sg', 5).meta({
        description: 'They have to let HTTPS out; nothing has to come in.',
        example: ['sg-0a1b2c3d4e5f60718'],
      }),
    },
    'must hold subnetIds and securityGroupIds, or not be there',
  )
  .optional()
  .meta({ description: "The network that the functions run in. Unset: Lambda's own, no VPC." });
