import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { inputsOf, named, only } from './find.ts';
import { describeStack, freshStack } from './moto-stack.ts';

describeStack('usual', 'the queues', (stack) => {
  const changes = () => named(stack().state.queues, '-changes');
  const deadLetters = () => named(stack().state.queues, '-changes-dead-letters');

  it('have the URLs in the outputs of the stack', () => {
    expect(stack().state.queues).toHaveLength(3);
    expect(stack().outputs).toMatchObject({
      queueUrl: changes().url,
      deadLetterQueueUrl: deadLetters().url,
      eventDeadLetterQueueUrl: named(stack().state.queues, '-events-dead-letters').url,
    });
  });

  it('allow a redrive only from the dead-letter queue to the queue of changes', () => {
    expect(deadLetters().redrivePolicy).toBeUndefined();
    // moto accepts this policy, and does not return it.
    const inputs = inputsOf(stack(), 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy');
    expect(inputs['queueUrl']).toBe(deadLetters().url);
    expect(JSON.parse(String(inputs['redriveAllowPolicy']))).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [changes().arn],
    });
  });

  it('move a change to the dead-letter queue after the maximum number of receives', async () => {
    const { aws, state } = await freshStack('usual');
    const { url, redrivePolicy } = named(state.queues, '-changes');
    const deadLetterUrl = named(state.queues, '-changes-dead-letters').url;
    const receive = async (QueueUrl: string) => {
      const { Messages = [] } = await aws.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }),
      );
      return Messages.map(({ Body }) => Body);
    };

    // moto would invoke the sync, and has no runtime for it.
    await aws.lambda.send(
      new UpdateEventSourceMappingCommand({ UUID: only(state.mappings).UUID, Enabled: false }),
    );
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'a change' }));
    for (let time = 1; time <= Number(redrivePolicy?.maxReceiveCount); time += 1) {
      expect(await receive(url), `time ${time}`).toEqual(['a change']);
    }
    expect(await receive(deadLetterUrl)).toEqual([]);
    expect(await receive(url)).toEqual([]);
    expect(await receive(deadLetterUrl)).toEqual(['a change']);
  });
});
