import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import pluginMessages from '@pulumi/pulumi/proto/plugin_pb.js';
import {
  type IResourceProviderServer,
  ResourceProviderService,
} from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import {
  type Mapping,
  type Properties,
  pulumiNames,
  toPulumi,
  toTerraform,
} from '../provider/convert.ts';
import { isMap } from '../provider/msgpack.ts';
import { resourceType } from '../provider/resource-types.ts';
import {
  nothing,
  type ResourceState,
  type TerraformProvider,
} from '../provider/terraform-provider.ts';
import { autoNamed, keepsName } from './auto-name.ts';
import { done, message } from './protobuf.ts';
import { answering, type Served, serve } from './serve.ts';

/** A call that changes a resource in AWS. */
export interface Operation {
  readonly kind: 'create' | 'update' | 'delete';
  readonly urn: string;
}

interface ServedProvider extends Served {
  /** Waits until a matching call is about to start. */
  nextOperation(isWanted: (operation: Operation) => boolean): Promise<Operation>;
}

/** The provider version that the program's SDK requires. */
const { version }: { version: string } = createRequire(import.meta.url)('@pulumi/aws/package.json');

/** The responses to the functions that the program may call. */
type Answers = Readonly<Record<string, Properties>>;

/**
 * Serves a Pulumi provider on top of Terraform's AWS provider, as Pulumi's own AWS provider does. Terraform's
 * provider does the validation, differences, replacements, reads and changes. The engine connects to it by
 * `PULUMI_DEBUG_PROVIDERS=aws:<port>`. The provider gets secrets as plain values: the engine marks an output as a
 * secret if its input is one.
 * @param folder where the archives of functions are written
 * @param answers the responses to the functions that the program calls, by token
 */
export function serveResourceProvider(
  terraform: TerraformProvider,
  folder: string,
  answers: Answers,
): Promise<ServedProvider> {
  const waiting = new Set<(operation: Operation) => void>();

  const mappingOf = (request: { getType(): string }): Mapping => {
    const type = resourceType(request.getType());
    return { type, block: terraform.schema(type.terraform), folder };
  };

  const stateOf = (mapping: Mapping, outputs: Properties): ResourceState => ({
    state: toTerraform(mapping, outputs),
    private: Buffer.from(String(outputs['__private'] ?? ''), 'base64'),
  });

  const outputsOf = (mapping: Mapping, result: ResourceState, inputs: Properties) =>
    message({
      ...toPulumi(mapping, result.state, inputs),
      __private: result.private.toString('base64'),
    });

  /** Plans the change from a state to the inputs. Unless it is a preview, applies the change. */
  const change = async (
    kind: 'create' | 'update',
    request: { getUrn(): string; getType(): string; getPreview(): boolean },
    prior: ResourceState,
    inputs: Properties,
  ): Promise<ResourceState> => {
    const mapping = mappingOf(request);
    const { terraform: type } = mapping.type;
    const config = toTerraform(mapping, inputs);
    const plan = await terraform.plan(type, prior, config);
    if (request.getPreview()) return plan;
    announce({ kind, urn: request.getUrn() });
    return terraform.apply(type, prior, config, plan);
  };

  const announce = (operation: Operation): void => {
    for (const tell of waiting) tell(operation);
  };

  const nextOperation: ServedProvider['nextOperation'] = (isWanted) =>
    new Promise((resolve) => {
      const tell = (operation: Operation): void => {
        if (!isWanted(operation)) return;
        waiting.delete(tell);
        resolve(operation);
      };
      waiting.add(tell);
    });

  const implementation: Pick<
    IResourceProviderServer,
    | 'attach'
    | 'handshake'
    | 'getPluginInfo'
    | 'checkConfig'
    | 'diffConfig'
    | 'configure'
    | 'invoke'
    | 'check'
    | 'diff'
    | 'create'
    | 'read'
    | 'update'
    | 'delete'
    | 'cancel'
  > = {
    attach: answering(async () => done()),
    handshake: answering(async () => new messages.ProviderHandshakeResponse()),
    getPluginInfo: answering(async () => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    cancel: answering(async () => done()),

    checkConfig: answering(async (request) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answering(async () => new messages.DiffResponse()),
    configure: answering(async () => {
      const response = new messages.ConfigureResponse();
      response.setSupportspreview(true);
      return response;
    }),

    invoke: answering(async (request) => {
      const answer = answers[request.getTok()];
      if (answer === undefined) throw new Error(`There is no response for ${request.getTok()}`);
      const response = new messages.InvokeResponse();
      response.setReturn(message(answer));
      return response;
    }),

    check: answering(async (request) => {
      const mapping = mappingOf(request);
      const inputs = autoNamed(mapping.type, {
        name: request.getName(),
        seed: request.getRandomseed_asU8(),
        olds: propertiesOf(request.getOlds()),
        news: propertiesOf(request.getNews()),
      });
      const response = new messages.CheckResponse();
      response.setInputs(message(inputs));
      const problems = await terraform.validate(
        mapping.type.terraform,
        toTerraform(mapping, inputs),
      );
      for (const problem of problems) {
        const failure = new messages.CheckFailure();
        failure.setReason(problem);
        response.addFailures(failure);
      }
      return response;
    }),

    diff: answering(async (request) => {
      const mapping = mappingOf(request);
      const prior = stateOf(mapping, propertiesOf(request.getOlds()));
      const news = propertiesOf(request.getNews());
      const plan = await terraform.plan(mapping.type.terraform, prior, toTerraform(mapping, news));
      const names = pulumiNames(mapping.block, mapping.type.names);
      const changed = [...names].filter(
        ([name]) => !isDeepStrictEqual(Object(prior.state)[name], Object(plan.state)[name]),
      );
      const response = new messages.DiffResponse();
      response.setDiffsList(changed.map(([, property]) => property));
      response.setReplacesList(plan.replaces.map((name) => names.get(name) ?? name));
      response.setChanges(
        changed.length > 0
          ? messages.DiffResponse.DiffChanges.DIFF_SOME
          : messages.DiffResponse.DiffChanges.DIFF_NONE,
      );
      response.setDeletebeforereplace(
        keepsName(mapping.type, propertiesOf(request.getOldInputs()), news),
      );
      return response;
    }),

    create: answering(async (request) => {
      const inputs = propertiesOf(request.getProperties());
      const made = await change('create', request, nothing, inputs);
      const response = new messages.CreateResponse();
      response.setId(request.getPreview() ? '' : idOf(mappingOf(request), made));
      response.setProperties(outputsOf(mappingOf(request), made, inputs));
      return response;
    }),

    update: answering(async (request) => {
      const mapping = mappingOf(request);
      const inputs = propertiesOf(request.getNews());
      const prior = stateOf(mapping, propertiesOf(request.getOlds()));
      const response = new messages.UpdateResponse();
      response.setProperties(
        outputsOf(mapping, await change('update', request, prior, inputs), inputs),
      );
      return response;
    }),

    read: answering(async (request) => {
      const mapping = mappingOf(request);
      const inputs = propertiesOf(request.getInputs());
      const found = await terraform.read(
        mapping.type.terraform,
        stateOf(mapping, propertiesOf(request.getProperties())),
      );
      const response = new messages.ReadResponse();
      // A response without an id means that the resource does not exist any more.
      if (found.state === null) return response;
      response.setId(idOf(mapping, found));
      response.setProperties(outputsOf(mapping, found, inputs));
      response.setInputs(request.getInputs());
      return response;
    }),

    delete: answering(async (request) => {
      const mapping = mappingOf(request);
      const { terraform: type } = mapping.type;
      const prior = stateOf(mapping, propertiesOf(request.getProperties()));
      const plan = await terraform.plan(type, prior, null);
      announce({ kind: 'delete', urn: request.getUrn() });
      await terraform.apply(type, prior, null, plan);
      return done();
    }),
  };
  return serve(ResourceProviderService, implementation).then((served) => ({
    ...served,
    nextOperation,
  }));
}

function propertiesOf(struct: { toJavaScript(): object } | undefined): Properties {
  return { ...struct?.toJavaScript() };
}

function idOf({ type }: Mapping, { state }: ResourceState): string {
  const id = isMap(state) ? state[type.id ?? 'id'] : undefined;
  if (typeof id !== 'string') throw new Error('The provider returned a resource without an id');
  return id;
}
