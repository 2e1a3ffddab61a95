import {
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { Failure } from '../failure.ts';

/** SQS moves at most so many a second. */
export const mostPerSecond = 500;

const pauseMs = 1000;

/** How a move has ended, and how far it got. */
export interface Moved {
  readonly status: 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly moved: number;
  readonly failure?: string | undefined;
}

const arnOf = async (sqs: SQSClient, queueUrl: string): Promise<string> => {
  const asked = { QueueUrl: queueUrl, AttributeNames: ['QueueArn' as const] };
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand(asked));
  return Attributes.QueueArn ?? '';
};

export interface MoveOptions {
  readonly sqs: SQSClient;
  readonly deadLetterQueueUrl: string;
  readonly queueUrl: string;
  /** None: as fast as SQS likes. */
  readonly perSecond?: number | undefined;
  readonly stop: AbortSignal;
  readonly onProgress: (moved: number, of: number) => void;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/**
 * Has SQS itself move all dead letters to the queue of changes, and follows it; when it is stopped the move
 * is cancelled. The destination is named: of letters that the sync sent by itself SQS knows no source.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 * @throws Failure where a move is under way already
 */
export const moveBySqs = async (options: MoveOptions): Promise<Moved> => {
  const { sqs, deadLetterQueueUrl, queueUrl, perSecond, stop, onProgress } = options;
  const [SourceArn, DestinationArn] = await Promise.all([
    arnOf(sqs, deadLetterQueueUrl),
    arnOf(sqs, queueUrl),
  ]);
  const latest = async () => {
    const { Results = [] } = await sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }),
    );
    return Results[0];
  };
  const former = await latest();
  if (former?.Status === 'RUNNING') {
    throw new Failure(
      'SQS is moving these dead letters already.',
      'Wait until it is done: the SQS console shows it, and dlq list what is left.',
    );
  }
  const { TaskHandle } = await sqs.send(
    new StartMessageMoveTaskCommand({
      SourceArn,
      DestinationArn,
      MaxNumberOfMessagesPerSecond: perSecond,
    }),
  );

  let isCancelled = false;
  for (;;) {
    const shown = await latest();
    // SQS may show the former one for a while. Its handle is told only while it runs.
    const task = shown?.StartedTimestamp === former?.StartedTimestamp ? undefined : shown;
    const moved = Number(task?.ApproximateNumberOfMessagesMoved ?? 0);
    onProgress(moved, Number(task?.ApproximateNumberOfMessagesToMove ?? moved));
    const { Status } = task ?? {};
    if (Status === 'COMPLETED' || Status === 'CANCELLED' || Status === 'FAILED') {
      return { status: Status, moved, failure: task?.FailureReason };
    }
    if (stop.aborted && !isCancelled) {
      isCancelled = true;
      await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    }
    await options.sleep(pauseMs);
  }
};
