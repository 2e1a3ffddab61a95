import type { ResourceMonitorService } from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { requireOfPulumi } from './require-of-pulumi.ts';

type Message = NonNullable<ReturnType<RegisterResourceRequest['getObject']>>;
type Nothing = ReturnType<
  typeof ResourceMonitorService.signalAndWaitForShutdown.responseDeserialize
>;

// The messages of Pulumi need the protobuf package that Pulumi itself uses.
const { Struct }: { Struct: { fromJavaScript(values: object): Message } } = requireOfPulumi(
  'google-protobuf/google/protobuf/struct_pb',
);
const { Empty }: { Empty: new () => Nothing } = requireOfPulumi(
  'google-protobuf/google/protobuf/empty_pb',
);

/** An object in the form that messages of Pulumi contain. */
export const message = (values: object): Message => Struct.fromJavaScript(values);

/** An empty response: the call succeeded. */
export const done = (): Nothing => new Empty();
