import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import type { CommonFunctionArgs } from './node-function.ts';

/**
 * What is told of each request: which host and route, from where, what came of it. Neither the path (some bear a
 * secret) nor the query, headers or body, which may hold PHI.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const logFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  host: '$context.domainName',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLatency: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integration.error',
  error: '$context.error.responseType',
};

/** What an HTTP API tells of each request, and where. */
export class AccessLog extends ComponentResource {
  readonly arn: Output<string>;
  /** One line of JSON. */
  readonly format = JSON.stringify(logFields);

  constructor(
    name: string,
    args: Pick<CommonFunctionArgs, 'key' | 'logRetentionDays' | 'keepLogs'>,
    options?: ComponentResourceOptions,
  ) {
    super('crm-media-sync:infra:AccessLog', name, {}, options);

    const group = new LogGroup(
      name,
      {
        // Groups of that path need no word each in a policy of the account's that has little room.
        // Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
        namePrefix: `/aws/vendedlogs/apis/${name}-`,
        retentionInDays: args.logRetentionDays,
        kmsKeyId: args.key.arn,
      },
      { parent: this, retainOnDelete: args.keepLogs },
    );

    this.arn = group.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
