import { DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { keepActiveEvent } from '../../shared/aws/function-input.ts';
import { awsClientOptions, awsErrorName } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import {
  awsErrorResult,
  type CheckResult,
  failed,
  type Observation,
  ok,
  warning,
} from './check.ts';

/** The functions of a deployment, and the settings of its Lambda client. */
interface Functions extends Pick<Deployment, 'aliases'> {
  aws: Pick<Deployment['aws'], 'lambda'>;
}

/**
 * Checks whether Lambda can invoke the version of each alias. A function in a VPC becomes Inactive if nobody
 * invokes it for weeks, and then the next request fails.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
 */
export async function checkFunctions(
  { aliases, aws }: Functions,
  createHint: string,
): Promise<readonly Observation[]> {
  const lambda = new LambdaClient(awsClientOptions(aws.lambda));
  const { region } = aws.lambda;
  const checkFunction = async (alias: string): Promise<CheckResult> => {
    try {
      const command = new GetFunctionConfigurationCommand({ FunctionName: alias });
      const { State, StateReasonCode, Version } = await lambda.send(command);
      const next = `aws lambda get-function-configuration --region ${region} --function-name ${alias}`;
      switch (State) {
        case 'Inactive':
          return warning(
            `version ${Version} is Inactive: the next request fails, and Lambda connects it to the VPC again`,
            `Invoke it now, and run this again in a minute:\naws lambda invoke --region ${region} --function-name ${alias} --payload '${JSON.stringify(keepActiveEvent)}' --cli-binary-format raw-in-base64-out /dev/stdout`,
          );
        case 'Pending':
          return warning(
            `version ${Version} is Pending: requests fail`,
            'Run this again in a minute.',
          );
        case 'Failed':
          return failed(`version ${Version} is Failed (${StateReasonCode})`, `See why: ${next}`);
        default:
          return ok(`version ${Version} is ready`);
      }
    } catch (error) {
      if (awsErrorName(error) === 'ResourceNotFoundException') {
        return failed('its function or alias does not exist', createHint);
      }
      return awsErrorResult(error, 'lambda:GetFunctionConfiguration');
    }
  };
  return Promise.all(
    Object.values(aliases ?? {}).map(async (alias) => ({
      about: nameIn(alias),
      ...(await checkFunction(alias)),
    })),
  );
}

/** `arn:aws:lambda:<region>:<account>:function:<name>:<alias>` → `<name>`. */
function nameIn(alias: string): string {
  return alias.split(':').at(6) ?? alias;
}

/**
 * Checks whether the rules that deliver events of CRMs are enabled. A disabled rule drops the events: no queue
 * keeps them, and no alarm distinguishes this from a CRM that sends nothing.
 */
export async function checkEventRules(
  { eventRules = {}, aws }: Pick<Deployment, 'eventRules' | 'aws'>,
  createHint: string,
): Promise<readonly Observation[]> {
  if (aws.eventBridge === undefined) return [];
  const client = new EventBridgeClient(awsClientOptions(aws.eventBridge));
  const { region } = aws.eventBridge;
  const checkRule = async (bus: string, rule: string): Promise<CheckResult> => {
    try {
      const { State } = await client.send(
        new DescribeRuleCommand({ Name: rule, EventBusName: bus }),
      );
      if (State !== 'DISABLED') return ok('its EventBridge rule is enabled');
      return failed(
        'its EventBridge rule is disabled: the events of the CRM are lost',
        `Enable it: aws events enable-rule --region ${region} --name ${rule} --event-bus-name ${bus}\nA ticket that changed while it was disabled is missing until its next change.`,
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
