import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';

/** Lambda's event source mapping: it hands the messages of the queue to sync. */
export interface EventSource {
  uuid: string;
  /** `running` and `paused` last; Lambda needs up to a minute for a change. */
  state: 'running' | 'pausing' | 'paused' | 'resuming' | 'changing';
}

type EventSourceDeployment = Pick<Deployment, 'aws' | 'aliases' | 'functions' | 'queueUrl'>;

/**
 * Reads whether Lambda hands the messages of the queue to sync, or an operator has paused that.
 * @throws Failure if AWS does not answer, or if sync has no event source
 */
export async function eventSourceState(deployment: EventSourceDeployment): Promise<EventSource> {
  const { aws, aliases, functions, queueUrl } = deployment;
  const lambda = new LambdaClient(awsClientOptions(aws.lambda));
  // Lambda lists the event sources of the alias by its ARN alone, not by the name of the function.
  const FunctionName = aliases?.sync ?? functions.sync;
  const command = new ListEventSourceMappingsCommand({ FunctionName });
  const { EventSourceMappings = [] } = await lambda.send(command).catch((error: unknown) => {
    throw toAwsFailure(error, 'Reading the event source of sync');
  });
  const queueName = new URL(queueUrl).pathname.split('/').at(-1);
  const mapping = EventSourceMappings.find(({ EventSourceArn = '' }) =>
    EventSourceArn.endsWith(`:${queueName}`),
  );
  if (mapping !== undefined) return toEventSource(mapping);
  throw new Failure(
    'sync has no event source: Lambda does not hand the messages of the queue to it.',
    'Run npm run up: it creates the event source again.',
  );
}

/**
 * Pauses or resumes the event source. Batches that sync has already received finish.
 * @returns the state right after the request: Lambda needs up to a minute for the change
 * @throws Failure if AWS does not accept it
 */
export async function setEventSourceEnabled(
  { aws }: Pick<Deployment, 'aws'>,
  uuid: string,
  enabled: boolean,
): Promise<EventSource> {
  const lambda = new LambdaClient(awsClientOptions(aws.lambda));
  const command = new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled });
  try {
    return toEventSource(await lambda.send(command));
  } catch (error) {
    const action = `${enabled ? 'Resuming' : 'Pausing'} the event source of sync`;
    throw toAwsFailure(error, action, 'Nothing was changed.');
  }
}

/** Source: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
const states: Readonly<Record<string, EventSource['state']>> = {
  Enabled: 'running',
  Disabling: 'pausing',
  Disabled: 'paused',
  Enabling: 'resuming',
};

function toEventSource({ UUID = '', State = '' }: EventSourceMappingConfiguration): EventSource {
  return { uuid: UUID, state: states[State] ?? 'changing' };
}
