/** A list price of AWS: dollars for one of something. */
export interface Price {
  readonly dollars: number;
  /** One of what. */
  readonly for: string;
  /** AWS's own page, whose figures are shown by region and cannot be cited. */
  readonly page: string;
  /** Where the figure was read, and of when that is. */
  readonly readIn: string;
  readonly asOf: string;
}

const million = 1_000_000;

/** What AWS bills by the gigabyte is counted in powers of two. */
export const gigabyte = 2 ** 30;

/**
 * List prices of us-east-1, without free tiers and rebates; other regions cost up to a quarter more. Of what
 * has steps by volume, the first and dearest.
 */
export const prices = {
  apiRequest: {
    dollars: 1 / million,
    for: 'request to the HTTP API, for each 512 KB',
    page: 'https://aws.amazon.com/api-gateway/pricing/',
    readIn: 'https://www.apigatewaycost.com/aws',
    asOf: '2026',
  },
  lambdaRequest: {
    dollars: 0.2 / million,
    for: 'invocation of a function',
    page: 'https://aws.amazon.com/lambda/pricing/',
    readIn: 'https://wring.co/blog/aws-lambda-pricing-guide',
    asOf: 'March 2026',
  },
  lambdaGigabyteSecond: {
    dollars: 0.0000133334,
    for: 'second of a function with 1 GB, arm64',
    page: 'https://aws.amazon.com/lambda/pricing/',
    readIn: 'https://wring.co/blog/aws-lambda-pricing-guide',
    asOf: 'March 2026',
  },
  sqsRequest: {
    dollars: 0.4 / million,
    for: 'request to a standard queue, for each 64 KB',
    page: 'https://aws.amazon.com/sqs/pricing/',
    readIn: 'https://cloudburn.io/blog/amazon-sqs-pricing',
    asOf: 'March 2026',
  },
  sqsFairness: {
    dollars: 0.1 / million,
    for: 'such a request about messages that have a group, more',
    page: 'https://aws.amazon.com/sqs/pricing/',
    readIn: 'https://cloudburn.io/blog/amazon-sqs-pricing',
    asOf: 'March 2026',
  },
  partnerEvent: {
    dollars: 1 / million,
    for: 'event of a CRM that comes by EventBridge, for each 64 KB',
    page: 'https://aws.amazon.com/eventbridge/pricing/',
    readIn: 'https://cloudburn.io/blog/amazon-eventbridge-pricing',
    asOf: 'March 2026',
  },
  logGigabyte: {
    dollars: 0.5,
    for: 'GB of logs taken in',
    page: 'https://aws.amazon.com/cloudwatch/pricing/',
    readIn:
      'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/',
    asOf: 'June 2026',
  },
  trace: {
    dollars: 5 / million,
    for: 'trace that X-Ray records',
    page: 'https://aws.amazon.com/xray/pricing/',
    readIn: 'https://aws.amazon.com/de/xray/pricing/',
    asOf: '2026',
  },
  kmsRequest: {
    dollars: 0.03 / 10_000,
    for: 'use of the key',
    page: 'https://aws.amazon.com/kms/pricing/',
    readIn: 'https://www.wring.co/blog/aws-kms-pricing-guide',
    asOf: 'March 2026',
  },
  secretRequest: {
    dollars: 0.05 / 10_000,
    for: 'reading of a secret',
    page: 'https://aws.amazon.com/secrets-manager/pricing/',
    readIn:
      'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    asOf: '2026',
  },
  outGigabyte: {
    dollars: 0.09,
    for: 'GB sent to the internet',
    page: 'https://aws.amazon.com/ec2/pricing/on-demand/',
    readIn: 'https://finopsforge.com/reduce-aws-data-transfer-costs',
    asOf: '2026',
  },
  keyMonth: {
    dollars: 1,
    for: 'key, for a month; as much more after each of its first two renewals',
    page: 'https://aws.amazon.com/kms/pricing/',
    readIn: 'https://cloudburn.io/blog/aws-kms-pricing',
    asOf: 'March 2026',
  },
  secretMonth: {
    dollars: 0.4,
    for: 'secret, for a month',
    page: 'https://aws.amazon.com/secrets-manager/pricing/',
    readIn:
      'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    asOf: '2026',
  },
  alarmMetricMonth: {
    dollars: 0.1,
    for: 'metric that an alarm looks at, for a month',
    page: 'https://aws.amazon.com/cloudwatch/pricing/',
    readIn: 'https://cloudburn.io/blog/amazon-cloudwatch-pricing',
    asOf: 'February 2026',
  },
  metricMonth: {
    dollars: 0.3,
    for: 'metric of our own, for a month in every hour of which it has values',
    page: 'https://aws.amazon.com/cloudwatch/pricing/',
    readIn: 'https://signoz.io/guides/cloudwatch-pricing',
    asOf: 'February 2026',
  },
  dashboardMonth: {
    dollars: 3,
    for: 'dashboard, for a month',
    page: 'https://aws.amazon.com/cloudwatch/pricing/',
    readIn:
      'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/',
    asOf: 'June 2026',
  },
} as const satisfies Readonly<Record<string, Price>>;

/** As CloudWatch and the pricing pages count them. */
export const hoursOfMonth = 730;
