import {
  type ILanguageRuntimeServer,
  LanguageRuntimeService,
} from '@pulumi/pulumi/proto/language_grpc_pb.js';
import messages, { type RunRequest } from '@pulumi/pulumi/proto/language_pb.js';
import pluginMessages from '@pulumi/pulumi/proto/plugin_pb.js';
import { done } from './protobuf.ts';
import { runInRunner } from './run-in-runner.ts';
import { answering, type Served, serve } from './serve.ts';

/** The exit code of a program that has shown its error to the user. Source: @pulumi/pulumi/cmd/run */
const alreadyShown = 32;

/**
 * Serves the language host `pulumi-language-nodejs`, which is a part of Pulumi's CLI. It runs the program in
 * Pulumi's own runner. The engine connects to it by `PULUMI_DEBUG_LANGUAGES=nodejs:<port>`. It serves one stack at
 * a time.
 * @param environment the environment variables of the program
 */
export function serveLanguageHost(environment: Readonly<NodeJS.ProcessEnv>): Promise<Served> {
  let engine = '';

  const run = async (request: RunRequest) => {
    const program = request.getInfo();
    if (program === undefined) throw new Error('The engine did not name a program');
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
    // Empty: the engine connects to the provider in the same way.
    getRequiredPackages: answering(async () => new messages.GetRequiredPackagesResponse()),
    getPluginInfo: answering(async () => new pluginMessages.PluginInfo()),
    run: answering(run),
    cancel: answering(async () => done()),
  };
  return serve(LanguageRuntimeService, implementation);
}
