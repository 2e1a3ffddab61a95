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
  /** A hash of the whole registration, with options and bundles. Source positions are left out. */
  readonly digest: string;
  /** The whole request, except the inputs. */
  readonly options: unknown;
}

/** The outputs that a program registered for a component or for the stack. */
export interface RegisteredOutputs {
  readonly urn: string;
  readonly outputs: Wire;
}

export interface MonitorOptions {
  readonly project: string;
  readonly stack: string;
  /** Whether this is a preview: nothing is created, so values from AWS are unknown. */
  readonly dryRun: boolean;
  /** The response of AWS to a call of the program. */
  readonly answerOfAws: (token: string) => Wire;
  /** The properties that AWS adds when it creates a resource. Undefined: AWS does not create it. */
  readonly madeByAws: (type: string, name: string) => Wire | undefined;
}

interface Monitor {
  readonly service: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** The registrations, in the order in which they came. */
  readonly registrations: readonly Registration[];
  readonly outputs: readonly RegisteredOutputs[];
}

const stackType = 'pulumi:pulumi:Stack';

/** The features of current engines. Transforms and hooks are left out, because our program has none. */
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
 * Replaces the engine's resource monitor. It responds to registrations as in an update or a preview of a new stack,
 * and records them. It has no other calls, so a program that makes one fails.
 */
export const recordingMonitor = (of: MonitorOptions): Monitor => {
  const registrations: Registration[] = [];
  const outputs: RegisteredOutputs[] = [];

  // The types of all parents are part of the URN, except the stack's type.
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
          answer({ code: status.NOT_FOUND, details: `There is no resource ${urn}` });
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
