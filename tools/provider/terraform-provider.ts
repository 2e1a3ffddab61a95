import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type ClientOptions, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import * as z from 'zod';
import { decode, encode, type Value } from './msgpack.ts';
import { proposedState } from './proposed-state.ts';
import { type Block, Schema } from './schema.ts';

// grpc-js depends on the package that reads .proto files.
const { loadSync }: typeof import('@grpc/proto-loader') = createRequire(
  createRequire(import.meta.url).resolve('@grpc/grpc-js'),
)('@grpc/proto-loader');

/** A resource in the provider: its state, and the provider's private data. */
export interface ResourceState {
  /** Null: the resource does not exist. */
  readonly state: Value;
  readonly private: Buffer;
}

interface Plan extends ResourceState {
  /** The attributes whose change requires a replacement. */
  readonly replaces: readonly string[];
}

/** Terraform's AWS provider, in its own process. */
export interface TerraformProvider {
  /**
   * Returns the schema of a resource type.
   * @param type e.g. `aws_sqs_queue`
   */
  schema(type: string): Block;
  /**
   * Validates a configuration.
   * @returns a description of each fault
   */
  validate(type: string, config: Value): Promise<readonly string[]>;
  /**
   * Plans a change.
   * @param config null: the resource is deleted
   */
  plan(type: string, prior: ResourceState, config: Value): Promise<Plan>;
  /**
   * Creates, updates or deletes a resource.
   * @throws Error with the message of AWS or the provider
   */
  apply(
    type: string,
    prior: ResourceState,
    config: Value,
    plan: ResourceState,
  ): Promise<ResourceState>;
  /** Reads a resource from AWS. */
  read(type: string, prior: ResourceState): Promise<ResourceState>;
  stop(): Promise<void>;
}

/** The URL of AWS, and the region. */
interface AwsAddress {
  readonly endpoint: string;
  readonly region: string;
}

export const nothing: ResourceState = { state: null, private: Buffer.alloc(0) };

/**
 * Starts the provider as Terraform does. Only a stand-in for AWS accepts its credentials.
 * Source: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
 * @param binary e.g. `terraform-provider-aws_v5.100.0_x5`
 */
export async function startTerraformProvider(
  binary: string,
  { endpoint, region }: AwsAddress,
): Promise<TerraformProvider> {
  const child = spawn(binary, [], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_EC2_METADATA_DISABLED: 'true',
      // Source: https://github.com/hashicorp/terraform/blob/main/internal/plugin/serve.go
      TF_PLUGIN_MAGIC_COOKIE: 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2',
      PLUGIN_PROTOCOL_VERSIONS: '5',
      PLUGIN_MIN_PORT: '1',
      PLUGIN_MAX_PORT: '65535',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`${binary} ended before it printed its address`))),
  ]);
  const [, , network, address] = String(line).trim().split('|');
  const call = connect(network === 'unix' ? `unix:${address}` : String(address));

  const schemas = SchemaResponse.parse(await call('GetSchema', {}));
  const parsed = new Map<string, Block>();
  const schema = (type: string): Block => {
    const block = parsed.get(type) ?? Schema.parse(schemas.resource_schemas[type]).block;
    parsed.set(type, block);
    return block;
  };

  const settings = { region, skip_metadata_api_check: 'true', skip_credentials_validation: true };
  const { block } = Schema.parse(schemas.provider);
  const nulls = proposedState(block, null, {});
  await call('Configure', {
    terraform_version: '1.11.4',
    config: dynamic({ ...Object(nulls), ...settings }),
  }).then((answer) => rejectErrors('Configure', Diagnostics.parse(answer)));

  return {
    schema,

    validate: async (type_name, config) => {
      const answer = await call('ValidateResourceTypeConfig', {
        type_name,
        config: dynamic(config),
      });
      return errorsOf(Diagnostics.parse(answer));
    },

    plan: async (type_name, prior, config) => {
      const proposed =
        config === null ? null : proposedState(schema(type_name), prior.state, config);
      const answer = PlanResponse.parse(
        await call('PlanResourceChange', {
          type_name,
          prior_state: dynamic(prior.state),
          proposed_new_state: dynamic(proposed),
          config: dynamic(config),
          prior_private: prior.private,
        }),
      );
      rejectErrors(`plan ${type_name}`, answer);
      return {
        state: answer.planned_state,
        private: answer.planned_private,
        replaces: answer.requires_replace.flatMap(({ steps }) => steps[0]?.attribute_name ?? []),
      };
    },

    apply: async (type_name, prior, config, plan) => {
      const answer = ApplyResponse.parse(
        await call('ApplyResourceChange', {
          type_name,
          prior_state: dynamic(prior.state),
          planned_state: dynamic(plan.state),
          config: dynamic(config),
          planned_private: plan.private,
        }),
      );
      rejectErrors(`apply ${type_name}`, answer);
      return { state: answer.new_state, private: answer.private };
    },

    read: async (type_name, prior) => {
      const answer = ReadResponse.parse(
        await call('ReadResource', {
          type_name,
          current_state: dynamic(prior.state),
          private: prior.private,
        }),
      );
      rejectErrors(`read ${type_name}`, answer);
      return { state: answer.new_state, private: answer.private };
    },

    stop: async () => {
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}

const Diagnostics = z.object({
  diagnostics: z.array(z.object({ severity: z.string(), summary: z.string(), detail: z.string() })),
});

/** There are many types, so each schema is parsed only when it is needed. */
const SchemaResponse = z.object({
  provider: z.unknown(),
  resource_schemas: z.record(z.string(), z.unknown()),
});

const Bytes = z.instanceof(Buffer);

const Dynamic = z
  .object({ msgpack: Bytes })
  .nullable()
  .transform((value): Value => (value === null ? null : decode(value.msgpack)));

const PlanResponse = Diagnostics.extend({
  planned_state: Dynamic,
  planned_private: Bytes,
  requires_replace: z.array(
    z.object({ steps: z.array(z.object({ attribute_name: z.string().optional() })) }),
  ),
});

const ApplyResponse = Diagnostics.extend({ new_state: Dynamic, private: Bytes });

const ReadResponse = ApplyResponse;

function dynamic(value: Value): { readonly msgpack: Buffer } {
  return { msgpack: encode(value) };
}

function errorsOf({ diagnostics }: z.infer<typeof Diagnostics>): readonly string[] {
  return diagnostics
    .filter(({ severity }) => severity === 'ERROR')
    .map(({ summary, detail }) => (detail === '' ? summary : `${summary}: ${detail}`));
}

function rejectErrors(what: string, answer: z.infer<typeof Diagnostics>): void {
  const errors = errorsOf(answer);
  if (errors.length > 0) throw new Error(`${what}: ${errors.join('\n')}`);
}

function connect(address: string): (method: string, request: object) => Promise<unknown> {
  const definitions = loadSync(join(import.meta.dirname, 'tfplugin5.proto'), {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = definitions['tfplugin5.Provider'];
  if (service === undefined || 'format' in service)
    throw new Error('tfplugin5.proto has no service');
  const options: ClientOptions = { 'grpc.max_receive_message_length': -1 };
  const Client = makeGenericClientConstructor(service, 'Provider');
  const client = new Client(address, credentials.createInsecure(), options);
  return (method, request) =>
    new Promise((resolve, reject) => {
      const definition = service[method];
      if (definition === undefined) throw new Error(`tfplugin5.proto has no ${method}`);
      client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        (error, answer) => (error === null ? resolve(answer) : reject(error)),
      );
    });
}
