import { Dashboard as CloudWatchDashboard } from '@pulumi/aws/cloudwatch/dashboard.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from '@pulumi/pulumi';
import { nameFromArn, parseArn } from '../arn.ts';
import { dashboardBody } from '../dashboard/dashboard-body.ts';
import type { Alarms, MonitoredResources } from './alarms.ts';
import type { NodeFunction } from './node-function.ts';

interface DashboardArgs extends MonitoredResources {
  alarms: Alarms;
  /** All sources, also those of EventBridge. */
  sources: readonly string[];
}

/** A CloudWatch dashboard with links, lag, failures and usage. */
export class Dashboard extends ComponentResource {
  /** URL in the AWS console. */
  readonly url: Output<string>;

  constructor(name: string, args: DashboardArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Dashboard', name, {}, options);
    const { metricsNamespace, runbookUrl, sources } = args;
    const region = args.queues.changes.arn.apply((arn) => parseArn(arn).region);
    const functionArgs = ({ name, logGroup }: NodeFunction) => ({ name, logGroup });

    const dashboard = new CloudWatchDashboard(
      name,
      {
        dashboardName: name,
        dashboardBody: output({
          region,
          queues: { changes: args.queues.changes.name, lookups: args.queues.lookups.name },
          deadLetterQueue: args.queues.deadLetters.name,
          eventDeadLetterQueue: nameFromArn(args.eventDeadLetters.arn),
          functions: {
            crmChange: functionArgs(args.crmChange),
            taskEvent: functionArgs(args.taskEvent),
            sync: functionArgs(args.sync),
          },
          apiId: args.api.apiId,
          accessLog: nameFromArn(args.accessLog.arn),
          alarms: args.alarms.arns,
        }).apply((names) => dashboardBody({ ...names, metricsNamespace, runbookUrl, sources })),
      },
      { parent: this },
    );

    const host = args.queues.changes.arn.apply((arn) => consoleHost(parseArn(arn)));
    this.url = interpolate`https://${host}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({ url: this.url });
  }
}

/**
 * The host of the AWS console.
 * Source: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
function consoleHost({ partition, region }: ReturnType<typeof parseArn>): string {
  return partition === 'aws-us-gov'
    ? 'console.amazonaws-us-gov.com'
    : `${region}.console.aws.amazon.com`;
}
