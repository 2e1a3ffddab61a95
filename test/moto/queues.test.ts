import { beforeAll, expect, it } from 'vitest';
import { inputsOf, named, only } from './find.ts';
import { describeAtMoto, type StackAtMoto, stackAtMoto } from './moto-stack.ts';

const day = 24 * 3600;

describeAtMoto('the queues', () => {
  let stack: StackAtMoto;
  beforeAll(async () => {
    stack = await stackAtMoto('usual');
  });

  const changes = () => named(stack.state.queues, '-changes');
  const deadLetters = () => named(stack.state.queues, '-changes-dead-letters');
  const deadEvents = () => named(stack.state.queues, '-events-dead-letters');

  it('are those that the stack tells its operator of', () => {
    expect(stack.state.queues).toHaveLength(3);
    expect(stack.outputs).toMatchObject({
      queueUrl: changes().url,
      deadLetterQueueUrl: deadLetters().url,
      eventDeadLetterQueueUrl: deadEvents().url,
    });
  });

  it('are encrypted with the key of the stack', () => {
    const { arn } = only(stack.state.keys);
    expect(stack.state.queues.map(({ key }) => key)).toEqual([arn, arn, arn]);
  });

  it('refuse plain HTTP, whoever asks and whatever is asked', () => {
    for (const { arn, policy } of stack.state.queues) {
      expect(policy).toContainEqual({
        Effect: 'Deny',
        Principal: '*',
        Action: ['sqs:*'],
        Resource: [arn],
        Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
      });
    }
  });

  it('hide a change for as long as AWS advises: six times the timeout of the function that takes it', () => {
    const { configuration } = named(stack.state.functions, '-sync');
    expect(changes().visibilityTimeoutSeconds).toBe(6 * Number(configuration.Timeout));
  });

  it('keep dead letters for 14 days, as long as SQS can, and changes for less', () => {
    expect(deadLetters().retentionSeconds).toBe(14 * day);
    expect(deadEvents().retentionSeconds).toBe(14 * day);
    expect(changes().retentionSeconds).toBeLessThan(14 * day);
    // A dead letter's age counts from when it was sent first.
    expect(changes().retentionSeconds).toBeGreaterThanOrEqual(day);
  });

  it('have one way to the dead letters, and from there one way back', () => {
    expect(changes().redrivePolicy?.deadLetterTargetArn).toBe(deadLetters().arn);
    expect(deadLetters().redrivePolicy).toBeUndefined();
    // moto takes this policy and does not tell it.
    const inputs = inputsOf(stack, 'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy');
    expect(inputs['queueUrl']).toBe(deadLetters().url);
    expect(JSON.parse(String(inputs['redriveAllowPolicy']))).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [changes().arn],
    });
  });

  it('take undelivered events from the rule of the partner and from no other, of whatever size', () => {
    const rule = only(stack.state.buses.flatMap(({ rules }) => rules));
    expect(deadEvents().maximumMessageBytes).toBe(1024 * 1024);
    expect(deadEvents().policy.filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: ['events.amazonaws.com'] },
        Action: ['sqs:SendMessage'],
        Resource: [deadEvents().arn],
        Condition: { ArnEquals: { 'aws:SourceArn': [rule.arn] } },
      },
    ]);
  });
});
