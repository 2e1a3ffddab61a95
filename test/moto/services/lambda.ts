import {
  AddPermissionCommand,
  Architecture,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  FunctionResponseType,
  GetFunctionCommand,
  GetPolicyCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  LogFormat,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
  Runtime,
  TracingMode,
} from '@aws-sdk/client-lambda';
import { asset } from '@pulumi/pulumi';
import * as z from 'zod';
import type { Aws } from '../aws.ts';
import { type Statement, statementsOf } from '../policy-document.ts';
import { physicalName, present, provisioner, Tags } from '../provisioner.ts';

/**
 * An archive with nothing in it: its record of the end and no more. moto takes any, and nothing is
 * invoked; what the bundles hold is the business of other tests.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16
 */
const emptyZip = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]);

const FunctionInputs = z.strictObject({
  description: z.string(),
  runtime: z.enum(Runtime),
  architectures: z.array(z.enum(Architecture)),
  handler: z.string(),
  code: z.instanceof(asset.AssetArchive),
  role: z.string(),
  timeout: z.number(),
  memorySize: z.number(),
  reservedConcurrentExecutions: z.number().optional(),
  deadLetterConfig: z.strictObject({ targetArn: z.string() }).optional(),
  loggingConfig: z.strictObject({ logFormat: z.enum(LogFormat), logGroup: z.string() }),
  tracingConfig: z.strictObject({ mode: z.enum(TracingMode) }),
  vpcConfig: z
    .strictObject({ subnetIds: z.array(z.string()), securityGroupIds: z.array(z.string()) })
    .optional(),
  environment: z.strictObject({ variables: z.record(z.string(), z.string()) }),
  tags: Tags,
});

const lambdaFunction = provisioner(FunctionInputs, async ({ lambda }, inputs, name) => {
  const FunctionName = physicalName(name);
  const { deadLetterConfig, loggingConfig, vpcConfig } = inputs;
  const { FunctionArn } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Description: inputs.description,
      Runtime: inputs.runtime,
      Architectures: inputs.architectures,
      Handler: inputs.handler,
      Code: { ZipFile: emptyZip },
      Role: inputs.role,
      Timeout: inputs.timeout,
      MemorySize: inputs.memorySize,
      DeadLetterConfig: deadLetterConfig && { TargetArn: deadLetterConfig.targetArn },
      LoggingConfig: { LogFormat: loggingConfig.logFormat, LogGroup: loggingConfig.logGroup },
      TracingConfig: { Mode: inputs.tracingConfig.mode },
      VpcConfig: vpcConfig && {
        SubnetIds: vpcConfig.subnetIds,
        SecurityGroupIds: vpcConfig.securityGroupIds,
      },
      Environment: { Variables: inputs.environment.variables },
      Tags: inputs.tags,
    }),
  );
  if (inputs.reservedConcurrentExecutions !== undefined) {
    await lambda.send(
      new PutFunctionConcurrencyCommand({
        FunctionName,
        ReservedConcurrentExecutions: inputs.reservedConcurrentExecutions,
      }),
    );
  }
  return {
    id: FunctionName,
    state: { name: FunctionName, arn: present(FunctionArn, 'the ARN of a function') },
  };
});

const permission = provisioner(
  z.strictObject({
    action: z.string(),
    function: z.string(),
    principal: z.string(),
    sourceArn: z.string(),
  }),
  async ({ lambda }, inputs, name) => {
    await lambda.send(
      new AddPermissionCommand({
        StatementId: name,
        Action: inputs.action,
        FunctionName: inputs.function,
        Principal: inputs.principal,
        SourceArn: inputs.sourceArn,
      }),
    );
    return { id: name };
  },
);

const MappingInputs = z.strictObject({
  eventSourceArn: z.string(),
  functionName: z.string(),
  functionResponseTypes: z.array(z.enum(FunctionResponseType)),
  batchSize: z.number(),
  maximumBatchingWindowInSeconds: z.number(),
  scalingConfig: z.strictObject({ maximumConcurrency: z.number() }),
  tags: Tags,
});

const eventSourceMapping = provisioner(MappingInputs, async ({ lambda }, inputs) => {
  const { UUID } = await lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: inputs.eventSourceArn,
      FunctionName: inputs.functionName,
      FunctionResponseTypes: inputs.functionResponseTypes,
      BatchSize: inputs.batchSize,
      MaximumBatchingWindowInSeconds: inputs.maximumBatchingWindowInSeconds,
      ScalingConfig: { MaximumConcurrency: inputs.scalingConfig.maximumConcurrency },
      Tags: inputs.tags,
    }),
  );
  return { id: present(UUID, 'the id of an event source mapping') };
});

export const lambdaProvisioners = {
  'aws:lambda/function:Function': lambdaFunction,
  'aws:lambda/permission:Permission': permission,
  'aws:lambda/eventSourceMapping:EventSourceMapping': eventSourceMapping,
};

/** Who may call a function; a function that nobody may call has no policy. */
const policyOf = (lambda: LambdaClient, name: string | undefined): Promise<readonly Statement[]> =>
  lambda.send(new GetPolicyCommand({ FunctionName: name })).then(
    ({ Policy }) => statementsOf(present(Policy, 'a policy')),
    (error: unknown) => {
      if (error instanceof ResourceNotFoundException) return [];
      throw error;
    },
  );

/** All functions: configuration, concurrency kept for them, the statements of their policies, tags. */
export const readFunctions = async ({ lambda }: Aws) => {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand());
  return Promise.all(
    Functions.map(async ({ FunctionArn, FunctionName }) => {
      const {
        Configuration,
        Concurrency,
        Tags: tags,
      } = await lambda.send(new GetFunctionCommand({ FunctionName }));
      const { LastModified: _, ...configuration } = present(Configuration, 'a function');
      return {
        name: FunctionName,
        arn: FunctionArn,
        configuration,
        reservedConcurrency: Concurrency?.ReservedConcurrentExecutions,
        policy: await policyOf(lambda, FunctionName),
        tags,
      };
    }),
  );
};

/** All event source mappings. */
export const readMappings = async ({ lambda }: Aws) => {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand());
  return EventSourceMappings.map(({ LastModified: _, ...mapping }) => mapping);
};
