import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi';
import type { CommonFunctionArgs } from './node-function.ts';

/**
 * The fields of the access log. Not the path, which holds a secret for some sources. Not the query, headers or
 * body, which may hold PHI.
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

/** The access log of an HTTP API: its log group, and the format of its lines. */
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
        // Log groups under this path need no statement of their own in the resource policy of CloudWatch Logs, which
        // has little room.
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
