import { Dashboard as CloudWatchDashboard } from '@pulumi/aws/cloudwatch/dashboard.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from '@pulumi/pulumi';
import { dashboardBody } from '../watching/dashboard/dashboard-body.ts';
import type { AccessLog } from './access-log.ts';
import type { Alarms } from './alarms.ts';
import type { EventDeadLetters } from './event-dead-letters.ts';
import type { NodeFunction } from './node-function.ts';
import type { RedrivableQueue } from './redrivable-queue.ts';
import type { WebhookApi } from './webhook-api.ts';

export interface DashboardArgs {
  readonly changes: RedrivableQueue;
  readonly deadEvents: EventDeadLetters;
  readonly crmChange: NodeFunction;
  readonly taskEvent: NodeFunction;
  readonly sync: NodeFunction;
  readonly api: WebhookApi;
  readonly accessLog: AccessLog;
  readonly alarms: Alarms;
  /** All sources, those of EventBridge too. */
  readonly sources: readonly string[];
  readonly metricsNamespace: string;
  /** The page that has a heading for each alarm. */
  readonly runbookUrl: string;
}

/** What stands at a place between the colons of an ARN; the last is the name. */
const partOf = (arn: Output<string>, index: number): Output<string> =>
  arn.apply((text) => text.split(':').at(index) ?? '');

/** One page that shows whether it is linking, how late, what fails and what it costs. */
export class Dashboard extends ComponentResource {
  /** Where it is shown. */
  readonly url: Output<string>;

  constructor(name: string, args: DashboardArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:Dashboard', name, {}, options);
    const { metricsNamespace, runbookUrl, sources } = args;
    const region = partOf(args.changes.arn, 3);
    const shownAs = ({ name, logGroup, memoryMegabytes }: NodeFunction) => ({
      name,
      logGroup,
      memoryMegabytes,
    });

    const dashboard = new CloudWatchDashboard(
      name,
      {
        dashboardName: name,
        dashboardBody: output({
          region,
          queue: partOf(args.changes.arn, -1),
          deadLetters: partOf(args.changes.deadLetterArn, -1),
          deadEvents: partOf(args.deadEvents.arn, -1),
          functions: {
            crmChange: shownAs(args.crmChange),
            taskEvent: shownAs(args.taskEvent),
            sync: shownAs(args.sync),
          },
          apiId: args.api.apiId,
          accessLog: partOf(args.accessLog.arn, -1),
          alarms: args.alarms.arns,
        }).apply((made) => dashboardBody({ ...made, metricsNamespace, runbookUrl, sources })),
      },
      { parent: this },
    );

    this.url = interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({ url: this.url });
  }
}
