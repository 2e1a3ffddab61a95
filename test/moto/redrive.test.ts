import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { named, only } from './find.ts';
import { describeAtMoto, freshStack } from './moto-stack.ts';

describeAtMoto('the queue of changes', () => {
  it('hands a change over as often as it says, and then it is a dead letter', async () => {
    const { aws, state } = await freshStack('usual');
    const { url, redrivePolicy } = named(state.queues, '-changes');
    const deadLetters = named(state.queues, '-changes-dead-letters').url;
    const receive = async (QueueUrl: string) => {
      const { Messages = [] } = await aws.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }),
      );
      return Messages.map(({ Body }) => Body);
    };

    // moto would hand it to the sync, and has nothing to run it with.
    await aws.lambda.send(
      new UpdateEventSourceMappingCommand({ UUID: only(state.mappings).UUID, Enabled: false }),
    );
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'a change' }));
    for (let time = 1; time <= Number(redrivePolicy?.maxReceiveCount); time += 1) {
      expect(await receive(url), `time ${time}`).toEqual(['a change']);
    }
    expect(await receive(deadLetters)).toEqual([]);
    expect(await receive(url)).toEqual([]);
    expect(await receive(deadLetters)).toEqual(['a change']);
  });
});
