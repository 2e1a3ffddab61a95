import pLimit from 'p-limit';
import {
  type Make,
  madeUp,
  recordResources,
  type Stack,
} from '../../tools/engine/record-resources.ts';
import { type Aws, account, region } from '../../tools/moto/aws.ts';
import { isMade, provisioners } from '../../tools/moto/provisioners.ts';

/**
 * Runs a program as Pulumi would, with AWS's own API behind it: what one resource hands to another is
 * what AWS answered.
 * @throws with all that was refused, each with its resource
 */
export async function provision(program: () => unknown, aws: Aws, stack: Stack) {
  const failures: string[] = [];
  // Of two that change one resource, the second has to see what the first did.
  const oneAtATime = pLimit(1);
  const make: Make = ({ type, name, inputs }) =>
    oneAtATime(async () => {
      if (!isMade(type)) return madeUp()({ type, name, inputs });
      try {
        const { id, state } = await provisionerOf(type)(aws, name, inputs);
        return { id, state: { ...inputs, ...state } };
      } catch (error) {
        failures.push(`${type} ${name}: ${error}`);
        // The rest goes on, so that all refusals are reported together.
        const arn = `arn:aws:refused:${region}:${account}:${name}`;
        return { id: name, state: { ...inputs, name, arn } };
      }
    });
  const recording = await recordResources(program, { ...stack, make });
  if (failures.length > 0) throw new Error(`The stack was not made:\n${failures.join('\n')}`);
  return recording;
}

function provisionerOf(type: string) {
  const provisioner = provisioners[type];
  if (provisioner === undefined) throw new Error('nobody knows how to make it');
  return provisioner;
}
