import { prices } from '../../../infra/prices.ts';
import { batchSize, syncTimeoutSeconds } from '../../../shared/config/numbers.ts';
import {
  accountRequestsPerSecond,
  alarmMetrics,
  bounds,
  concurrentRequestsFor,
  fixedCost,
  floodCost,
  instances,
  limits,
  memoryMegabytes,
  monthlyCost,
  ownMetrics,
  requestsOfLargestBody,
  sumOf,
  sync,
} from './model.ts';
import { ticketsOfTask } from './room-on-a-task.ts';
import { type Figure, usage } from './usage.ts';

const volumes = [10_000, 1_000_000, 100_000_000] as const;
const million = 1_000_000;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** To the cent, or to two figures where that is less. */
const dollars = (value: number): string =>
  value >= 100
    ? `$${count(value)}`
    : value >= 0.01
      ? `$${value.toFixed(2)}`
      : `$${value.toPrecision(2)}`;

const aboutChanges = (value: number): string =>
  value >= million
    ? `${Number((value / million).toPrecision(2)).toLocaleString('en-US')} million`
    : count(value);

/** As it is written on a price list: for one, or for a million where one is next to nothing. */
const listPrice = (value: number): string =>
  value >= 0.01 ? `$${value}` : `$${Number((value * million).toPrecision(6))} a million`;

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

const formulas: Readonly<Record<keyof ReturnType<typeof monthlyCost>, string>> = {
  door: 'requests × API request',
  'crm-change': 'invocations × invocation + seconds × ½ GB × GB-second',
  'task-event': 'the same',
  sync: 'the same; invocations = messages ÷ batch, seconds = Twilio’s, of four Tasks at a time',
  queue:
    'messages × (1 to send + 2 ÷ batch to take and delete, ten at most) × (request + fairness)',
  logs: '(our lines + Lambda’s own + one of the API’s for each request) × GB of logs',
  traces: '(the first invocation of a function in each second + 1 in 20 of the others) × trace',
  'data out': '(requests to Twilio + our answers + attributes that are written) × GB out',
};

const costs = volumes.map(monthlyCost);
const perMillion = (part: keyof typeof formulas, index: number): string => {
  const [volume = 1, cost] = [volumes[index], costs[index]];
  return dollars(((cost?.[part] ?? 0) / volume) * million);
};

const costTable = (): string => {
  const parts = Object.keys(formulas).filter(
    (part): part is keyof typeof formulas => part in formulas,
  );
  const totals = costs.map((cost, index) => (sumOf(cost) / (volumes[index] ?? 1)) * million);
  return table(
    [
      'a million changes cost',
      ...volumes.map((volume) => `at ${count(volume)} a month`),
      'formula',
    ],
    [
      ...parts.map((part) => [
        part,
        ...volumes.map((_, index) => perMillion(part, index)),
        formulas[part],
      ]),
      ['**together**', ...totals.map((total) => `**${dollars(total)}**`), ''],
      ['so in the month', ...costs.map((cost) => dollars(sumOf(cost))), ''],
    ],
  );
};

/** A bar for each part of what a million costs, longest first. */
const barChart = (): string => {
  const parts = Object.entries(monthlyCost(million)).sort(([, one], [, other]) => other - one);
  const most = Math.max(...parts.map(([, value]) => value));
  return parts
    .map(([part, value]) => {
      const bar = '█'.repeat(Math.max(1, Math.round((value / most) * 40)));
      return `${part.padEnd(11)} ${dollars(value).padStart(6)} ${bar}`;
    })
    .join('\n');
};

const figureRow = ([name, { value, unit, origin, why }]: readonly [string, Figure]) => [
  `\`${name}\``,
  `${value} ${unit}`,
  origin,
  why,
];

const fixedTable = (): string => {
  const one = Object.entries(fixedCost(1));
  const five = new Map(Object.entries(fixedCost(5)));
  return table(
    ['a month', 'one source', 'five sources'],
    [
      ...one.map(([part, value]) => [part, dollars(value), dollars(five.get(part) ?? 0)]),
      [
        '**together**',
        `**${dollars(sumOf(fixedCost(1)))}**`,
        `**${dollars(sumOf(fixedCost(5)))}**`,
      ],
    ],
  );
};

const boundsTable = (): string => {
  const met = bounds();
  return table(
    ['what', 'bound', 'is met at', 'what then'],
    [
      [
        'a webhook’s route',
        `${limits.requestsPerSecond} requests a second (\`limits.requestsPerSecond\`), ${limits.burst} at one moment`,
        `${aboutChanges(met.webhookRoute)} a month of one source`,
        '429; [the alarm](runbook.md#door-turns-away) says what to raise',
      ],
      [
        'the route of TaskRouter’s events',
        'the same',
        aboutChanges(met.eventRoute),
        '429, and Event Streams tries again for four hours',
      ],
      [
        'API Gateway',
        `${count(accountRequestsPerSecond)} requests a second, of all APIs of the account in the region`,
        aboutChanges(met.account),
        '429; AWS raises it on request',
      ],
      [
        'the queue',
        '120,000 messages being worked on; no bound on what waits, for 4 days',
        'never first',
        '',
      ],
      [
        'the sync',
        `${limits.twilioConcurrentRequests} requests to Twilio at once (\`limits.twilioConcurrentRequests\`): ${instances} instances with ${sync.tasksInParallel} Tasks each`,
        aboutChanges(met.sync),
        'messages wait; [Queue backlog](runbook.md#queue-backlog). The setting raises it, as far as Twilio lets the account',
      ],
      [
        'searches, one by one',
        'three a second, of the whole Twilio account',
        aboutChanges(met.searchesOneByOne),
        'what comes together is searched for together, so that it goes on:',
      ],
      [
        'searches, in full batches',
        `the same, for the changes among ${batchSize(sync.tasksInParallel, syncTimeoutSeconds)} messages`,
        aboutChanges(met.searchesTogether),
        'messages wait. A change that names its Task by SID needs no search at all',
      ],
      [
        'one Task',
        '4096 characters of attributes',
        `${ticketsOfTask()} tickets on one conversation`,
        'titles go first, then the oldest links; then `attributes-full`',
      ],
      ['the CRM', 'its API is not called at all', 'never', ''],
    ],
  );
};

const priceTable = (): string =>
  table(
    ['for each', 'dollars', 'AWS’s page', 'read'],
    Object.values(prices).map((price) => [
      price.for,
      listPrice(price.dollars),
      price.page.replace('https://', '').replace(/\/$/, ''),
      `[${price.asOf}](${price.readIn})`,
    ]),
  );

const share = (part: keyof typeof formulas, volume: number): string => {
  const cost = monthlyCost(volume);
  return `${Math.round((100 * cost[part]) / sumOf(cost))} %`;
};

/** `docs/cost.md`. */
export const writeCost = (): string => {
  const flood = floodCost(1);
  const most = volumes[2];
  return `<!-- Written by docs/writers/cost/: npm run docs -->

# What it costs

AWS's list prices in us-east-1, **without free tiers and rebates**; other regions cost up to a quarter more. Twilio and the
CRM are not in it: TaskRouter's API and Event Streams have prices of their own. No bill was seen by whoever wrote this:
the dashboard estimates from what AWS counts, and the bill decides.

A *change* is one change of a ticket, and here a whole conversation comes with it: a call whose Task names its ticket
is taken, the ticket changes once, the call ends. That is the dearest there is. More changes to the same conversation
cost less each, and so do changes of tickets that have none.

## A million changes

${costTable()}

At a million a month:

\`\`\`
${barChart()}
\`\`\`

- **Traces** are the dearest part of a small stack (${share('traces', million)} at a million a month), because X-Ray records the first invocation of each
  second, which with little traffic is nearly every one. Lambda does not let that rate be set
  ([AWS](https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html)).
- **Logs** are one line for each message, and are kept for \`logs.retentionDays\`; keeping them (not in the table) costs about a tenth
  of taking them in, for each month that they are kept.
- **The sync** mostly waits for Twilio. With more messages at once it waits for four Tasks at a time, which is why it becomes cheaper.
- At ${count(most)} a month the sync needs \`limits.twilioConcurrentRequests\` of ${concurrentRequestsFor(most)} or so; the table supposes that it has them.
- A CRM that comes by EventBridge pays ${listPrice(prices.partnerEvent.dollars)} of its events in place of a request to the API.

## While nothing happens

${fixedTable()}

Metrics of our own are ${ownMetrics.ofSource} for each source and as many for requests to no source, ${ownMetrics.ofEvents} of the events, ${ownMetrics.ofSync} of the sync and
${ownMetrics.ofTheApi} of the API: CloudWatch counts each name with each set of dimensions. They cost only in the hours in which they have
values: a stack with nothing to do pays none of them, and one where nothing fails none of those that count failures. Alarms look
at ${alarmMetrics(1)} metrics with one source, and at two more with each other. The key costs a dollar more after each of its first two
yearly renewals.

A network of your own (\`vpc\`) needs a NAT gateway for the way to Twilio, which costs more than all of this: some $33 a
month each, and $0.045 for each GB ([read](https://finopsforge.com/reduce-aws-data-transfer-costs)).

## What bounds it

Each bound by itself, if the load were even over the month. It is not: reckon with a tenth of it.

${boundsTable()}

Raising \`limits.requestsPerSecond\` and \`limits.burst\` needs more of the account's Lambda concurrency, as each door keeps
an instance for each request of a burst.

## What a flood can cost

Anybody may call a public URL. With one source, ${count(flood.requestsPerSecond)} requests a second are let in at the most, refused by their
signature, and cost **${dollars(flood.letIn)} an hour**, ${dollars(flood.letIn * 24)} a day. With bodies of 10 MB, the most that the API takes, each counts as ${requestsOfLargestBody} requests
to it: **${dollars(flood.letInLarge)} an hour**. What is more is turned away by the API, which AWS says it does not charge for (not confirmed
for HTTP APIs), but for the line that it leaves in the access log: with all of the ${count(accountRequestsPerSecond)} a second that an account
takes, **${dollars(flood.turnedAway)} an hour** more. Nothing of a flood reaches the queue or Twilio.

[Webhooks refused](runbook.md#webhooks-refused) and [Door turns away](runbook.md#door-turns-away) tell of it.

## What it is reckoned with

Functions of ${memoryMegabytes} MB. *Measured* figures are those of one such conversation, played through the embedded world; a test plays it
again and compares. *Assumed* ones could only be measured on AWS.

${table(['', 'for each change', '', ''], Object.entries(usage).map(figureRow))}

## Prices

${priceTable()}

AWS's own pages show their prices by region, in a way that cannot be cited: look there before you count on a cent.
`;
};
