import { gigabyte, hoursOfMonth, prices } from '../../prices.ts';
import { type Metric, ofApi, ofFunction, ofLogs, ofQueue } from '../metrics.ts';
import type { Shown } from './shown.ts';
import type { Line, Widget } from './widgets.ts';

const hour = 3600;

/** As an expression takes it: without an exponent. */
const factor = (dollars: number): string => dollars.toFixed(16).replace(/0+$/, '');

interface Part {
  readonly id: string;
  readonly label: string;
  /** What is counted, each with the dollars for one of it. */
  readonly billed: readonly (readonly [metric: Metric<string>, dollars: number])[];
}

/** What is billed by use, and can be counted by what AWS counts for nothing. */
const partsOf = ({ accessLog, apiId, functions, queue }: Shown): readonly Part[] => {
  const each = Object.values(functions);
  const inGroup = prices.sqsRequest.dollars + prices.sqsFairness.dollars;
  return [
    {
      id: 'door',
      label: 'door: requests to the API',
      billed: [[ofApi(apiId, 'Count'), prices.apiRequest.dollars]],
    },
    {
      id: 'functions',
      label: 'functions: invocations, and their time',
      billed: each.flatMap(({ name, memoryMegabytes }): Part['billed'] => [
        [ofFunction(name, 'Invocations'), prices.lambdaRequest.dollars],
        [
          ofFunction(name, 'Duration'),
          (prices.lambdaGigabyteSecond.dollars * memoryMegabytes) / 1024 / 1000,
        ],
      ]),
    },
    {
      id: 'queue',
      label: 'queue: at most, as if no messages were sent together',
      billed: [
        [ofQueue(queue, 'NumberOfMessagesSent'), inGroup],
        [ofQueue(queue, 'NumberOfMessagesReceived'), inGroup],
        [ofQueue(queue, 'NumberOfMessagesDeleted'), inGroup],
        [ofQueue(queue, 'NumberOfEmptyReceives'), prices.sqsRequest.dollars],
      ],
    },
    {
      id: 'logs',
      label: 'logs: bytes taken in',
      billed: [...each.map(({ logGroup }) => logGroup), accessLog].map((group) => [
        ofLogs(group, 'IncomingBytes'),
        prices.logGigabyte.dollars / gigabyte,
      ]),
    },
  ];
};

/** The lines of a part: what is counted for it, hidden, and what that costs. */
const linesOf = ({ id, label, billed }: Part): readonly Line[] => {
  const counted = billed.map(([metric, dollars], index) => ({
    line: { metric, stat: 'Sum', id: `${id}${index}`, hidden: true } satisfies Line,
    product: `FILL(${id}${index}, 0) * ${factor(dollars)}`,
  }));
  const expression = counted.map(({ product }) => product).join(' + ');
  return [...counted.map(({ line }) => line), { id, label, expression }];
};

/** Estimated dollars, of what is used. */
export const whatItCosts = (shown: Shown): readonly (readonly Widget[])[] => {
  const parts = partsOf(shown);
  const lines = parts.flatMap(linesOf);
  const sum = parts.map(({ id }) => id).join(' + ');
  return [
    [
      {
        width: 24,
        height: 2,
        text: '# What does it cost?\nEstimated from what AWS counts and its list prices in us-east-1, free tiers not taken off. The bill decides; other regions cost up to a quarter more.',
      },
    ],
    [
      {
        width: 12,
        height: 7,
        graph: {
          title: 'Dollars an hour, by what they are for',
          lines,
          stacked: true,
          period: hour,
          unit: 'dollars',
        },
      },
      {
        width: 6,
        height: 7,
        graph: {
          title: 'Dollars a month, if every hour were as the latest',
          lines: [
            ...lines.map((line): Line => ({ ...line, hidden: true })),
            { id: 'month', label: 'dollars', expression: `${hoursOfMonth} * (${sum})` },
          ],
          view: 'singleValue',
          period: hour,
        },
      },
      {
        width: 6,
        height: 7,
        text: [
          '**Not in it**',
          '- what is there while nothing happens: key, secrets, alarms, metrics of our own, this dashboard',
          '- traces (X-Ray), uses of the key, readings of secrets, events of EventBridge',
          '- the start of functions, keeping of logs, data sent to the internet, a network of yours (NAT)',
          '- Twilio, and the CRM',
          '',
          'docs/cost.md of the project has all of it, by what a million changes cost.',
        ].join('\n'),
      },
    ],
  ];
};
