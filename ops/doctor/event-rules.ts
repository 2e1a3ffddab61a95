import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Deployment } from '../deployment/deployment.ts';
import { awsClientOptions, awsErrorName, awsErrorResult } from './aws.ts';
import { type CheckResult, failed, type Observation, ok } from './check.ts';

/**
 * Checks whether the rules that deliver the events of CRMs are enabled. A disabled one drops them: no queue holds
 * them, and no alarm tells it from a CRM that sends nothing.
 */
export async function checkEventRules(
  { eventRules = {}, aws }: Pick<Deployment, 'eventRules' | 'aws'>,
  createHint: string,
): Promise<readonly Observation[]> {
  if (aws.eventBridge === undefined) return [];
  const client = new EventBridgeClient(awsClientOptions(aws.eventBridge));
  const checkRule = async (bus: string, rule: string): Promise<CheckResult> => {
    try {
      const { State } = await client.send(
        new DescribeRuleCommand({ Name: rule, EventBusName: bus }),
      );
      if (State !== 'DISABLED') return ok('its EventBridge rule is enabled');
      return failed(
        'its EventBridge rule is disabled: the events of the CRM are lost',
        `Enable it: aws events enable-rule --name ${rule} --event-bus-name ${bus}\nA ticket that changed meanwhile comes with its next change.`,
      );
    } catch (error) {
      if (awsErrorName(error) === 'ResourceNotFoundException') {
        return failed('its EventBridge rule does not exist', createHint);
      }
      return awsErrorResult(error, 'events:DescribeRule');
    }
  };
  return Promise.all(
    Object.entries(eventRules).map(async ([source, { bus, rule }]) => ({
      about: `${source}, events`,
      ...(await checkRule(bus, rule)),
    })),
  );
}
