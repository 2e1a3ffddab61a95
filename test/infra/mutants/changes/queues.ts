// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const queueChanges = [
  ...changesTo('infra/components/redrivable-queue.ts', [
    [
      'Queues are encrypted',
      'messageRetentionSeconds: queueRetentionSeconds,\n        kmsMasterKeyId: args.key.arn,',
      'messageRetentionSeconds: queueRetentionSeconds,',
    ],
    [
      'Dead letters are encrypted with our key',
      'deadLetterRetentionSeconds, kmsMasterKeyId: args.key.arn',
      "deadLetterRetentionSeconds, kmsMasterKeyId: 'alias/aws/sqs'",
    ],
    [
      'Dead letters are kept for longer than messages',
      'messageRetentionSeconds: deadLetterRetentionSeconds,',
      'messageRetentionSeconds: queueRetentionSeconds,',
    ],
    [
      'Queues have dead letters',
      'redrivePolicy: jsonStringify({',
      'fifoThroughputLimit: jsonStringify({',
    ],
    ['Dead letters come from one queue', "'byQueue'", "'allowAll'"],
    [
      'Dead letters are closed to plain HTTP',
      'this.closeToPlainHttp(`${name}-dead-letters-tls-only`, deadLetters, args.keepDeadLetters);',
      '',
    ],
    [
      'Dead letters that are to be kept stay',
      '{ parent: this, retainOnDelete: args.keepDeadLetters }',
      '{ parent: this }',
    ],
    [
      'The queue has the name that it had',
      'const queue = new Queue(\n      name,',
      'const queue = new Queue(\n      `${name}-queue`,',
    ],
  ]),
  ...changesTo('infra/components/event-dead-letter-queue.ts', [
    ['Dead events are encrypted', 'kmsMasterKeyId: args.key.arn,', ''],
    ['Dead events are closed to plain HTTP', 'denyPlainHttp(queue.arn), ', ''],
    [
      'Dead events are those of the stack’s rules',
      "Condition: { ArnEquals: { 'aws:SourceArn': args.rules } },",
      '',
    ],
    ['Dead events may be as large as events', 'maxMessageSize: maximumMessageBytes,', ''],
  ]),
  ...changesTo('infra/components/queue-worker.ts', [
    [
      'A message that fails comes back alone',
      "functionResponseTypes: ['ReportBatchItemFailures'],",
      '',
    ],
    ['Instances are bounded', 'scalingConfig: { maximumConcurrency },', ''],
  ]),
];
