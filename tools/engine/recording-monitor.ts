import { createHash } from 'node:crypto';
import { type ServiceDefinition, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import {
  type IResourceMonitorServer,
  ResourceMonitorService,
} from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import messages, { type RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { done, message } from './protobuf.ts';
import { stateOf, type Wire } from './wire.ts';

/** A resource as a program registered it. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Wire;
  readonly retainOnDelete: boolean;
  /** A hash of the whole registration, with options and bundles, without source positions. */
  readonly digest: string;
  /** The whole request but its inputs. */
  readonly options: unknown;
}

/** What a program registered as outputs of a component, or of the stack. */
export interface RegisteredOutputs {
  readonly urn: string;
  readonly outputs: Wire;
}

export interface MonitorOptions {
  readonly project: string;
  readonly stack: string;
  /** Whether nothing is made, so that nothing is known that AWS would say. */
  readonly dryRun: boolean;
  /** What AWS answers to a question of the program. */
  readonly answerOfAws: (token: string) => Wire;
  /** What a resource has once AWS has made it. Undefined: AWS does not make it. */
  readonly madeByAws: (type: string, name: string) => Wire | undefined;
}

export interface Monitor {
  readonly service: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** In the order in which they came. */
  readonly registrations: readonly Registration[];
  readonly outputs: readonly RegisteredOutputs[];
}

const stackType = 'pulumi:pulumi:Stack';

/** What engines of today can do. Transforms and hooks of the engine are left out: nothing here has any. */
const features = [
  messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
  messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  messages.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
];

const digestOf = (request: RegisterResourceRequest): string => {
  const lasting = request.clone();
  lasting.clearSourceposition();
  lasting.clearStacktrace();
  return createHash('sha256').update(lasting.serializeBinary()).digest('hex');
};

const optionsOf = (request: RegisterResourceRequest): unknown => {
  const others = request.clone();
  others.clearObject();
  return others.toObject();
};

/**
 * Stands in for the engine's resource monitor: answers registrations as an update or a preview of a new
 * stack would, and records them. It implements nothing else, so that a program which asks for anything
 * fails.
 */
export const recordingMonitor = (of: MonitorOptions): Monitor => {
  const registrations: Registration[] = [];
  const outputs: RegisteredOutputs[] = [];

  // With the types of all that it is part of, but for the stack's.
  const urnOf = (type: string, name: string, parent: string): string => {
    const above = parent.split('::')[2];
    const types = above === undefined || above === stackType ? type : `${above}$${type}`;
    return `urn:pulumi:${of.stack}::${of.project}::${types}::${name}`;
  };

  const implementation: Pick<
    IResourceMonitorServer,
    | 'getDeploymentInfo'
    | 'invoke'
    | 'registerResource'
    | 'registerResourceOutputs'
    | 'signalAndWaitForShutdown'
  > = {
    getDeploymentInfo: (_, answer) => {
      const info = new messages.DeploymentInfo();
      info.setSupportedfeaturesList(features);
      answer(null, info);
    },

    invoke: ({ request }, answer) => {
      const response = new messages.ResourceInvokeResponse();
      response.setReturn(message(of.answerOfAws(request.getTok())));
      answer(null, response);
    },

    registerResource: ({ request }, answer) => {
      const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
      const urn = urnOf(type, name, parent);
      const inputs = request.getObject()?.toJavaScript() ?? {};
      registrations.push({
        urn,
        type,
        name,
        inputs,
        retainOnDelete: request.getRetainondelete() ?? false,
        digest: digestOf(request),
        options: optionsOf(request),
      });

      const response = new messages.RegisterResourceResponse();
      response.setUrn(urn);
      response.setObject(message(inputs));
      if (request.getCustom()) {
        const made = of.madeByAws(type, name);
        if (made === undefined) {
          answer({ code: status.NOT_FOUND, details: `Nothing is known of ${urn}` });
          return;
        }
        response.setId(of.dryRun ? '' : `${name}-id`);
        response.setObject(message(stateOf(inputs, made, of.dryRun)));
      }
      answer(null, response);
    },

    registerResourceOutputs: ({ request }, answer) => {
      outputs.push({ urn: request.getUrn(), outputs: request.getOutputs()?.toJavaScript() ?? {} });
      answer(null, done());
    },

    signalAndWaitForShutdown: (_, answer) => answer(null, done()),
  };
  return { service: ResourceMonitorService, implementation, registrations, outputs };
};
