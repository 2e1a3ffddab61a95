import {
  type ILanguageRuntimeServer,
  LanguageRuntimeService,
} from '@pulumi/pulumi/proto/language_grpc_pb.js';
import messages, { type RunRequest } from '@pulumi/pulumi/proto/language_pb.js';
import pluginMessages from '@pulumi/pulumi/proto/plugin_pb.js';
import { done } from './protobuf.ts';
import { runInRunner } from './run-in-runner.ts';
import { answering, type Served, serve } from './serve.ts';

/** Exit code of a program whose error the user has already been shown. Source: @pulumi/pulumi/cmd/run */
const alreadyShown = 32;

/**
 * Serves what Pulumi's CLI brings as `pulumi-language-nodejs`: it runs the program in Pulumi's own runner. The
 * engine attaches to it by `PULUMI_DEBUG_LANGUAGES=nodejs:<port>`; one stack at a time.
 * @param environment the variables that the program sees
 */
export function serveLanguageHost(environment: Readonly<NodeJS.ProcessEnv>): Promise<Served> {
  let engine = '';

  const run = async (request: RunRequest) => {
    const program = request.getInfo();
    if (program === undefined) throw new Error('The engine did not say which program');
    const { exitCode, stdout, stderr } = await runInRunner({
      root: program.getRootDirectory(),
      folder: program.getProgramDirectory(),
      entry: program.getEntryPoint(),
      organization: request.getOrganization(),
      project: request.getProject(),
      stack: request.getStack(),
      monitor: request.getMonitorAddress(),
      engine,
      parallel: request.getParallel(),
      dryRun: request.getDryrun(),
      config: Object.fromEntries(request.getConfigMap().toObject()),
      secretKeys: request.getConfigsecretkeysList(),
      environment,
    });
    const response = new messages.RunResponse();
    if (exitCode === alreadyShown) response.setBail(true);
    else if (exitCode !== 0) {
      response.setError(`The program ended with ${exitCode}: ${stdout}${stderr}`);
    }
    return response;
  };

  const implementation: Pick<
    ILanguageRuntimeServer,
    'handshake' | 'getRequiredPackages' | 'getPluginInfo' | 'run' | 'cancel'
  > = {
    handshake: answering(async (request) => {
      engine = request.getEngineAddress();
      return new messages.LanguageHandshakeResponse();
    }),
    // None: the provider is attached as well.
    getRequiredPackages: answering(async () => new messages.GetRequiredPackagesResponse()),
    getPluginInfo: answering(async () => new pluginMessages.PluginInfo()),
    run: answering(run),
    cancel: answering(async () => done()),
  };
  return serve(LanguageRuntimeService, implementation);
}
