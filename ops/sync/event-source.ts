import {
  type EventSourceMappingConfiguration,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { awsClientOptions, toAwsFailure } from '../aws.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';

/** Lambda's event source mappings, one for each queue. They send the messages of the queues to sync. */
export interface EventSource {
  uuids: readonly string[];
  /** `running` and `paused` are final. For a change, Lambda needs up to a minute. */
  state: 'running' | 'pausing' | 'paused' | 'resuming' | 'changing';
}

type EventSourceDeployment = Pick<
  Deployment,
  'option' | 'aws' | 'aliases' | 'functions' | 'queueUrls'
>;

/**
 * Reads whether Lambda sends the messages of the queues to sync, or an operator has paused that.
 * @throws Failure if AWS does not respond, or if an event source of sync is missing
 */
export async function eventSourceState(deployment: EventSourceDeployment): Promise<EventSource> {
  const { option, aws, aliases, functions, queueUrls } = deployment;
  const lambda = new LambdaClient(awsClientOptions(aws.lambda));
  // Lambda finds the event sources of the alias only by its ARN, not by the name of the function.
  const FunctionName = aliases?.sync ?? functions.sync;
  const command = new ListEventSourceMappingsCommand({ FunctionName });
  const { EventSourceMappings = [] } = await lambda.send(command).catch((error: unknown) => {
    throw toAwsFailure(error, 'Reading the event source of sync');
  });
  const queueNames = Object.values(queueUrls).map((url) => new URL(url).pathname.split('/').at(-1));
  const mappings = EventSourceMappings.filter(({ EventSourceArn = '' }) =>
    queueNames.includes(EventSourceArn.split(':').at(-1)),
  );
  if (mappings.length === queueNames.length) return toEventSource(mappings);
  throw new Failure(
    'An event source of sync is missing: Lambda does not send it the messages of one queue.',
    option === '--local'
      ? 'Run npm start again.'
      : `Create it again: npm run up -- ${option} --refresh`,
  );
}

/**
 * Pauses or resumes the event sources. Batches that sync has already received finish.
 * @returns the state right after the request: Lambda needs up to a minute for the change
 * @throws Failure if AWS does not accept it
 */
export async function setEventSourceEnabled(
  { aws }: Pick<Deployment, 'aws'>,
  uuids: readonly string[],
  enabled: boolean,
): Promise<EventSource> {
  const lambda = new LambdaClient(awsClientOptions(aws.lambda));
  const update = (UUID: string) =>
    lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
  try {
    return toEventSource(await Promise.all(uuids.map(update)));
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

/** The state of both mappings together. If they differ, the state of the one that changes, or that is paused. */
function toEventSource(mappings: readonly EventSourceMappingConfiguration[]): EventSource {
  const found = mappings.map(({ State = '' }) => states[State] ?? 'changing');
  const state = order.find((each) => found.includes(each)) ?? 'changing';
  return { uuids: mappings.flatMap(({ UUID }) => UUID ?? []), state };
}

const order = ['pausing', 'resuming', 'changing', 'paused', 'running'] as const;
