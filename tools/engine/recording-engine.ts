import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { EngineService, type IEngineServer } from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/engine_pb.js';
import { done } from './protobuf.ts';

/** A message that a program showed to the user through the engine. */
export interface Logged {
  readonly severity: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';
  readonly message: string;
}

interface Engine {
  readonly service: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  readonly logged: readonly Logged[];
}

const severities = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

/** Replaces the engine. It keeps the stack's URN for the program, and records the messages. */
export const recordingEngine = (): Engine => {
  const logged: Logged[] = [];
  let root = '';
  const implementation: Pick<IEngineServer, 'log' | 'getRootResource' | 'setRootResource'> = {
    log: ({ request }, answer) => {
      logged.push({
        severity: severities[request.getSeverity()] ?? 'ERROR',
        message: request.getMessage(),
      });
      answer(null, done());
    },
    setRootResource: ({ request }, answer) => {
      root = request.getUrn();
      answer(null, new messages.SetRootResourceResponse());
    },
    getRootResource: (_, answer) => {
      const response = new messages.GetRootResourceResponse();
      response.setUrn(root);
      answer(null, response);
    },
  };
  return { service: EngineService, implementation, logged };
};
