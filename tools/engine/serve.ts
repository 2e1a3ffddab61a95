import { promisify } from 'node:util';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A gRPC server that Pulumi's engine connects to. */
export interface Served {
  readonly port: number;
  stop(): void;
}

/** Serves a service on a free port of this machine. */
export async function serve(
  service: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): Promise<Served> {
  // Requests may contain archives, so their size is not limited.
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(service, implementation);
  const bind = promisify(server.bindAsync).bind(server);
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  return { port, stop: () => server.forceShutdown() };
}

type Answer<Response> = (
  error: { code: status; details: string } | null,
  response?: Response,
) => void;

/** A method with one response. Pulumi shows an error that it throws. */
export function answering<Request, Response>(handle: (request: Request) => Promise<Response>) {
  return ({ request }: { request: Request }, answer: Answer<Response>): void => {
    handle(request).then(
      (response) => answer(null, response),
      (error: unknown) => answer({ code: status.UNKNOWN, details: String(error) }),
    );
  };
}
