import { GetApisCommand } from '@aws-sdk/client-apigatewayv2';
import { DescribeAlarmsCommand, ListDashboardsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ListEventBusesCommand } from '@aws-sdk/client-eventbridge';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { ListKeysCommand } from '@aws-sdk/client-kms';
import { ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { Aws } from './aws.ts';

/** All resources in AWS, listed by AWS's own API. */
export async function everythingAt(aws: Aws) {
  const { EventBuses = [] } = await aws.eventBridge.send(new ListEventBusesCommand());
  const mappings = await aws.lambda.send(new ListEventSourceMappingsCommand());
  return {
    alarms: (await aws.cloudWatch.send(new DescribeAlarmsCommand())).MetricAlarms ?? [],
    apis: (await aws.apiGateway.send(new GetApisCommand())).Items ?? [],
    dashboards: (await aws.cloudWatch.send(new ListDashboardsCommand())).DashboardEntries ?? [],
    eventBuses: EventBuses.filter(({ Name }) => Name !== 'default'),
    functions: (await aws.lambda.send(new ListFunctionsCommand())).Functions ?? [],
    keys: (await aws.kms.send(new ListKeysCommand())).Keys ?? [],
    logGroups: (await aws.logs.send(new DescribeLogGroupsCommand())).logGroups ?? [],
    mappings: mappings.EventSourceMappings ?? [],
    metricFilters: (await aws.logs.send(new DescribeMetricFiltersCommand())).metricFilters ?? [],
    queues: (await aws.sqs.send(new ListQueuesCommand())).QueueUrls ?? [],
    roles: (await aws.iam.send(new ListRolesCommand())).Roles ?? [],
    secrets: (await aws.secretsManager.send(new ListSecretsCommand())).SecretList ?? [],
  };
}
