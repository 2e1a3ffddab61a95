import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
import {
  asset,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import { bundle, bundleFile } from '../bundle/bundle.ts';
import { mayLog, maySend, type Permission, policyDocument } from '../policies/permissions.ts';

export interface NodeFunctionArgs {
  /** The entry file, from the repository's root. It exports `handler`. */
  readonly entry: string;
  /** Its name in logs and metrics. */
  readonly service: string;
  readonly description: string;
  /** What it may do. Writing its own logs comes by itself. */
  readonly permissions: readonly Permission[];
  /** No secrets: who may see the function may see these. */
  readonly environment: Readonly<Record<string, Input<string>>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly logRetentionDays: number;
  /** Concurrency kept for this function out of the account's. Unset: it takes what is free. */
  readonly reservedConcurrency?: number | undefined;
  /**
   * The queue for what is handed over asynchronously and fails three times, or waits for six hours:
   * Lambda's defaults, and its most. The message is the event as it came. Unset: such events are lost.
   * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  readonly deadLetterArn?: Input<string> | undefined;
}

/** A function on Node 24 and arm64: its bundle, its own role, its own log group. */
export class NodeFunction extends ComponentResource {
  readonly name: Output<string>;
  readonly arn: Output<string>;
  /** Name of its log group. */
  readonly logGroup: Output<string>;
  readonly timeoutSeconds: number;
  /** Whether events are kept that it fails on. */
  readonly hasDeadLetters: boolean;

  constructor(name: string, args: NodeFunctionArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:NodeFunction', name, {}, options);
    const { deadLetterArn } = args;

    const logs = new LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays },
      { parent: this },
    );

    const role = new Role(
      `${name}-role`,
      {
        assumeRolePolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'lambda.amazonaws.com' },
              Action: 'sts:AssumeRole',
            },
          ],
        }),
      },
      { parent: this },
    );
    const policy = new RolePolicy(
      `${name}-policy`,
      {
        role: role.name,
        policy: policyDocument([
          mayLog(interpolate`${logs.arn}:*`),
          ...args.permissions,
          ...(deadLetterArn === undefined ? [] : [maySend(deadLetterArn)]),
        ]),
      },
      { parent: this },
    );

    const lambda = new LambdaFunction(
      name,
      {
        description: args.description,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: 'handler.handler',
        code: new asset.AssetArchive({
          [bundleFile]: new asset.StringAsset(bundle(args.entry).code),
        }),
        role: role.arn,
        timeout: args.timeoutSeconds,
        memorySize: args.memoryMegabytes,
        reservedConcurrentExecutions: args.reservedConcurrency,
        deadLetterConfig: deadLetterArn === undefined ? undefined : { targetArn: deadLetterArn },
        loggingConfig: { logFormat: 'JSON', logGroup: logs.name },
        environment: {
          variables: {
            POWERTOOLS_SERVICE_NAME: args.service,
            POWERTOOLS_METRICS_NAMESPACE: 'crm-media-sync',
            ...args.environment,
          },
        },
      },
      // What invokes the function may be made as soon as it is; by then its role must do.
      { parent: this, dependsOn: [policy] },
    );

    this.name = lambda.name;
    this.arn = lambda.arn;
    this.logGroup = logs.name;
    this.timeoutSeconds = args.timeoutSeconds;
    this.hasDeadLetters = deadLetterArn !== undefined;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
