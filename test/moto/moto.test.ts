import {
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, inject, it, vi } from 'vitest';
import {
  maxReceiveCount,
  syncTimeoutSeconds,
  visibilityTimeoutSeconds,
} from '../../shared/config/limits.ts';
import { awsAt, region } from '../../tools/moto/aws.ts';
import { reset } from '../../tools/moto/moto-server.ts';
import { isMade, notMade, provisioners } from '../../tools/moto/provisioners.ts';
import { stacks } from '../infra/rules/stacks.ts';
import { pulumiConfig } from '../infra/settings.ts';
import { provision } from './provision.ts';

describe.skipIf(inject('moto') === null)('at moto', () => {
  /** Makes a stack at a moto that has forgotten all others. */
  const freshStack = async (name: keyof typeof stacks) => {
    const url = inject('moto') ?? '';
    expect(await reset(url)).toBe(true);
    const aws = awsAt(url);
    const config = pulumiConfig({ ...stacks[name] }, region);
    // The program runs when it is loaded.
    vi.resetModules();
    const program = () => import('../../infra/index.ts');
    return { aws, ...(await provision(program, aws, { config, stack: 'production' })) };
  };

  it('a stack with all optional parts is made, with every type of resource that moto looks at', async () => {
    const { resources } = await freshStack('with everything');
    const types = [...new Set(resources.map(({ type }) => type))];
    expect(types.filter(isMade).toSorted()).toEqual(Object.keys(provisioners).toSorted());
    const isUsed = (kind: string) => types.some((type) => type.startsWith(kind));
    expect(Object.keys(notMade).filter((kind) => !isUsed(kind))).toEqual([]);
  });

  it('a stack as it comes bounds its functions, and moves a change to the dead-letter queue after the maximum number of receives', async () => {
    const { aws, outputs } = await freshStack('as it comes');
    const { queueUrls, deadLetterQueueUrl } = outputs;
    const { changes } = Object(queueUrls);
    const receive = async (url: unknown) => {
      const request = { QueueUrl: String(url), VisibilityTimeout: 0 };
      const { Messages = [] } = await aws.sqs.send(new ReceiveMessageCommand(request));
      return Messages.map(({ Body }) => Body);
    };
    const { Functions = [] } = await aws.lambda.send(new ListFunctionsCommand());
    const bounds = Functions.map(({ Timeout, MemorySize }) => `${Timeout} s, ${MemorySize} MB`);
    expect(bounds.toSorted()).toEqual(['10 s, 512 MB', '10 s, 512 MB', '30 s, 512 MB']);
    // moto would invoke the sync, and has no runtime for it.
    const { EventSourceMappings = [] } = await aws.lambda.send(
      new ListEventSourceMappingsCommand(),
    );
    expect(EventSourceMappings.map(({ State }) => State)).toEqual(['Enabled', 'Enabled']);
    for (const { UUID } of EventSourceMappings) {
      await aws.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    }
    const maxReceives = maxReceiveCount(visibilityTimeoutSeconds(syncTimeoutSeconds));
    const message = { QueueUrl: changes, MessageBody: 'a change' };
    await aws.sqs.send(new SendMessageCommand(message));
    for (let time = 1; time <= maxReceives; time += 1) {
      expect(await receive(changes), `time ${time}`).toEqual(['a change']);
    }
    expect(await receive(deadLetterQueueUrl)).toEqual([]);
    expect(await receive(changes)).toEqual([]);
    expect(await receive(deadLetterQueueUrl)).toEqual(['a change']);
  });
});
