import type { ResourceMonitorService } from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';
import { requireOfPulumi } from './require-of-pulumi.ts';

type Message = NonNullable<ReturnType<RegisterResourceRequest['getObject']>>;
type Nothing = ReturnType<
  typeof ResourceMonitorService.signalAndWaitForShutdown.responseDeserialize
>;

// Messages of Pulumi are made of its own protobuf, and of no other.
const { Struct }: { Struct: { fromJavaScript(values: object): Message } } = requireOfPulumi(
  'google-protobuf/google/protobuf/struct_pb',
);
const { Empty }: { Empty: new () => Nothing } = requireOfPulumi(
  'google-protobuf/google/protobuf/empty_pb',
);

/** An object as messages of Pulumi hold it. */
export const message = (values: object): Message => Struct.fromJavaScript(values);

/** The answer that says no more than that something is done. */
export const done = (): Nothing => new Empty();
