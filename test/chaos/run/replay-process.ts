import { SQSClient } from '@aws-sdk/client-sqs';
import { type ChaosReplayOptions, type ReplayKillPlace, replayAsOperator } from './replay.ts';

/** A replay in a process of its own, which is loaded before it gets its order. It kills itself at the place. */
export interface ReplayOrder
  extends Pick<ChaosReplayOptions, 'queueUrls' | 'deadLetterQueueUrl' | 'folder'> {
  readonly endpoint: string;
  readonly region: string;
  readonly place: ReplayKillPlace;
  /** At the how manieth time that it is at the place. */
  readonly times: number;
}

/** So few that there are dead letters left for the next kill. */
const batchSize = 10;

process.once('message', async (order: ReplayOrder) => {
  const { endpoint, region, place: killPlace, ...options } = order;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  let { times } = order;
  await replayAsOperator({
    ...options,
    sqs: new SQSClient({ endpoint, region, credentials }),
    isSkipped: () => false,
    batchSize,
    onPlace: (place) => {
      if (place !== killPlace) return;
      times -= 1;
      if (times === 0) process.kill(process.pid, 'SIGKILL');
    },
  });
  process.exit();
});

process.once('disconnect', () => process.exit());
