import {
  AddPermissionCommand,
  Architecture,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  FunctionResponseType,
  LogFormat,
  PutFunctionConcurrencyCommand,
  Runtime,
  TracingMode,
} from '@aws-sdk/client-lambda';
import { asset } from '@pulumi/pulumi';
import * as z from 'zod';
import { capitalize, physicalName, present, provisioner, Tags } from '../provisioner.ts';

/**
 * An empty archive: only its end record. moto accepts any archive and does not run it. Other tests check the
 * content of the bundles.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16
 */
const emptyZip = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]);

const lambdaFunction = provisioner(
  {
    description: z.string(),
    runtime: z.enum(Runtime),
    architectures: z.array(z.enum(Architecture)),
    handler: z.string(),
    publish: z.boolean(),
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
  },
  async ({ lambda }, { reservedConcurrentExecutions, ...inputs }, name) => {
    const FunctionName = physicalName(name);
    const { deadLetterConfig, vpcConfig } = inputs;
    const { FunctionArn, Version } = await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        ...capitalize(inputs),
        Code: { ZipFile: emptyZip },
        DeadLetterConfig: deadLetterConfig && capitalize(deadLetterConfig),
        LoggingConfig: capitalize(inputs.loggingConfig),
        TracingConfig: capitalize(inputs.tracingConfig),
        VpcConfig: vpcConfig && capitalize(vpcConfig),
        Environment: capitalize(inputs.environment),
      }),
    );
    if (reservedConcurrentExecutions !== undefined) {
      const reserved = { FunctionName, ...capitalize({ reservedConcurrentExecutions }) };
      await lambda.send(new PutFunctionConcurrencyCommand(reserved));
    }
    return {
      id: FunctionName,
      state: {
        name: FunctionName,
        arn: present(FunctionArn, 'the ARN of a function'),
        version: present(Version, 'the version of a function'),
      },
    };
  },
);

const alias = provisioner(
  { name: z.string(), functionName: z.string(), functionVersion: z.string() },
  async ({ lambda }, inputs) => {
    const { AliasArn } = await lambda.send(new CreateAliasCommand(capitalize(inputs)));
    const arn = present(AliasArn, 'the ARN of an alias');
    return { id: arn, state: { arn } };
  },
);

const permission = provisioner(
  {
    action: z.string(),
    function: z.string(),
    qualifier: z.string(),
    principal: z.string(),
    sourceArn: z.string(),
  },
  async ({ lambda }, { function: FunctionName, ...inputs }, name) => {
    await lambda.send(
      new AddPermissionCommand({ StatementId: name, FunctionName, ...capitalize(inputs) }),
    );
    return { id: name };
  },
);

const eventSourceMapping = provisioner(
  {
    eventSourceArn: z.string(),
    functionName: z.string(),
    functionResponseTypes: z.array(z.enum(FunctionResponseType)),
    batchSize: z.number(),
    maximumBatchingWindowInSeconds: z.number(),
    scalingConfig: z.strictObject({ maximumConcurrency: z.number() }),
    tags: Tags,
  },
  async ({ lambda }, inputs) => {
    const { UUID } = await lambda.send(
      new CreateEventSourceMappingCommand({
        ...capitalize(inputs),
        ScalingConfig: capitalize(inputs.scalingConfig),
      }),
    );
    return { id: present(UUID, 'the id of an event source mapping') };
  },
);

export const lambdaProvisioners = {
  'aws:lambda/function:Function': lambdaFunction,
  'aws:lambda/alias:Alias': alias,
  'aws:lambda/permission:Permission': permission,
  'aws:lambda/eventSourceMapping:EventSourceMapping': eventSourceMapping,
};
