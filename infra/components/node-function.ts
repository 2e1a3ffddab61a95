import { LogGroup } from '@pulumi/aws/cloudwatch/logGroup.js';
import { Role } from '@pulumi/aws/iam/role.js';
import { RolePolicy } from '@pulumi/aws/iam/rolePolicy.js';
import { Alias } from '@pulumi/aws/lambda/alias.js';
import { Function as LambdaFunction } from '@pulumi/aws/lambda/function.js';
import {
  asset,
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import { nodeOptions } from '../bundle/bundle.ts';
import { writeBundle } from '../bundle/write-bundle.ts';
import {
  type EncryptedResource,
  mayJoinNetwork,
  mayLog,
  maySend,
  mayTrace,
  type Network,
  type Permission,
  policyDocument,
} from '../policies/permissions.ts';
import type { EncryptionKey } from './encryption-key.ts';

/** The arguments that all functions of a stack have in common. */
export interface CommonFunctionArgs {
  /** Encrypts the logs of the functions. */
  key: EncryptionKey;
  logRetentionDays: number;
  /** Whether `pulumi destroy` keeps their logs. */
  keepLogs: boolean;
  /** CloudWatch namespace of the metrics that the functions publish. */
  metricsNamespace: string;
  /** The VPC of the functions. Default: none. */
  vpc?: Network | undefined;
}

export interface NodeFunctionArgs {
  common: CommonFunctionArgs;
  /** Entry file that exports `handler`, relative to the repository root. */
  entry: string;
  /** Name of the service in logs and metrics. */
  service: string;
  description: string;
  /** The permissions of the role, in addition to writing its own logs and traces. */
  permissions: readonly Permission[];
  /** It must not contain secrets: everybody who may read the function's configuration can read the variables. */
  environment: Readonly<Record<string, Input<string>>>;
  timeoutSeconds: number;
  memoryMegabytes: number;
  /**
   * Reserved concurrency: it is kept for this function, and is its maximum. Default: the unreserved concurrency of
   * the account.
   */
  reservedConcurrency?: number | undefined;
  /**
   * The queue for asynchronous events that fail three times or wait for six hours. These are Lambda's defaults and
   * its maximum. The message is the event, unchanged. Default: none, and such events are lost.
   * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
   */
  deadLetterQueue?: EncryptedResource | undefined;
}

/**
 * A function on Node 24 and arm64: its bundle, its role and its log group. Each update publishes a version, and
 * then the alias points to that version. Lambda applies a new configuration seconds before the new code. Triggers
 * use the alias, so they never get old code with new configuration.
 */
export class NodeFunction extends ComponentResource {
  readonly name: Output<string>;
  /** The ARN that triggers invoke. */
  readonly aliasArn: Output<string>;
  readonly aliasName: Output<string>;
  /** The name of the log group. */
  readonly logGroup: Output<string>;
  /** SHA-256 of the code. */
  readonly bundleHash: string;
  readonly timeoutSeconds: number;
  /** Whether Lambda keeps asynchronous events whose every attempt failed. */
  readonly hasDeadLetterQueue: boolean;

  constructor(name: string, args: NodeFunctionArgs, options?: ComponentResourceOptions) {
    super('crm-media-sync:infra:NodeFunction', name, {}, options);
    const { deadLetterQueue, common } = args;
    const { key, vpc } = common;

    const logs = new LogGroup(
      `${name}-logs`,
      { retentionInDays: common.logRetentionDays, kmsKeyId: key.arn },
      { parent: this, retainOnDelete: common.keepLogs },
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
          mayTrace,
          ...(vpc === undefined ? [] : mayJoinNetwork(logs.arn, name, vpc)),
          ...args.permissions,
          ...(deadLetterQueue === undefined ? [] : maySend([deadLetterQueue])),
        ]),
      },
      { parent: this },
    );

    const { files, hash } = writeBundle(args.entry);
    const lambda = new LambdaFunction(
      name,
      {
        description: args.description,
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: 'handler.handler',
        publish: true,
        code: archiveOf(files),
        role: role.arn,
        timeout: args.timeoutSeconds,
        memorySize: args.memoryMegabytes,
        reservedConcurrentExecutions: args.reservedConcurrency,
        deadLetterConfig:
          deadLetterQueue === undefined ? undefined : { targetArn: deadLetterQueue.arn },
        loggingConfig: { logFormat: 'JSON', logGroup: logs.name },
        tracingConfig: { mode: 'Active' },
        vpcConfig:
          vpc === undefined
            ? undefined
            : { subnetIds: [...vpc.subnetIds], securityGroupIds: [...vpc.securityGroupIds] },
        environment: {
          variables: {
            NODE_OPTIONS: nodeOptions,
            POWERTOOLS_SERVICE_NAME: args.service,
            POWERTOOLS_METRICS_NAMESPACE: common.metricsNamespace,
            ...args.environment,
          },
        },
      },
      // Triggers may exist as soon as the function does. By then its role must have all permissions.
      { parent: this, dependsOn: [policy] },
    );

    const alias = new Alias(
      `${name}-alias`,
      { name: 'live', functionName: lambda.name, functionVersion: lambda.version },
      { parent: this },
    );

    this.name = lambda.name;
    this.aliasArn = alias.arn;
    this.aliasName = alias.name;
    this.logGroup = logs.name;
    this.bundleHash = hash;
    this.timeoutSeconds = args.timeoutSeconds;
    this.hasDeadLetterQueue = deadLetterQueue !== undefined;
    this.registerOutputs({ name: this.name, aliasArn: this.aliasArn });
  }
}

/** @param files the path of each file, by its name in the archive */
function archiveOf(files: Readonly<Record<string, string>>): asset.AssetArchive {
  return new asset.AssetArchive(
    Object.fromEntries(
      Object.entries(files).map(([name, path]) => [name, new asset.FileAsset(path)]),
    ),
  );
}
