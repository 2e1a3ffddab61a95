import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';

/** The role of the caller. */
export const role = 'arn:aws:iam::123456789012:role/team/deployer';

/** The responses of the services. */
export interface Answers {
  /** The ARN of the caller. */
  identity?: string;
  /** IAM denies actions that begin with one of these texts. */
  denied?: readonly string[];
  /** Context keys whose values IAM reports as missing. */
  missing?: readonly string[];
  concurrency?: { ConcurrentExecutions: number; UnreservedConcurrentExecutions: number };
  /** The reserved concurrency of each function of the stack. */
  reserved?: number;
  key?: object;
  certificate?: object;
  eventSource?: object;
  /** Error codes, by operation. The service returns the error in place of a result. */
  errors?: Readonly<Record<string, string>>;
}

const Address = z.object({ port: z.number() });

const element = (name: string, content: string) => `<${name}>${content}</${name}>`;

/**
 * Starts STS, IAM, Lambda, KMS, ACM and EventBridge at one URL. It has the operations that doctor calls before the
 * first `up`.
 */
export async function startAwsAccount(answers: Answers = {}) {
  const simulated: URLSearchParams[] = [];
  const {
    identity = 'arn:aws:sts::123456789012:assumed-role/deployer/jane',
    denied = [],
    missing = [],
    concurrency = { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
  } = answers;
  const simulate = (form: URLSearchParams): string => {
    simulated.push(form);
    const actions = [...form].filter(([key]) => key.startsWith('ActionNames.member.'));
    const results = actions.map(([, action]) => {
      const decision = denied.some((each) => action.startsWith(each)) ? 'implicitDeny' : 'allowed';
      const keys = missing.map((key) => element('member', key)).join('');
      return element(
        'member',
        element('EvalActionName', action) +
          element('EvalDecision', decision) +
          element('MissingContextValues', keys),
      );
    });
    return element('EvaluationResults', results.join(''));
  };
  const inXml: Readonly<Record<string, (form: URLSearchParams) => string>> = {
    GetCallerIdentity: () => element('Arn', identity) + element('Account', '123456789012'),
    GetRole: () => element('Role', element('Arn', role)),
    SimulatePrincipalPolicy: simulate,
  };
  const inJson: Readonly<Record<string, object | undefined>> = {
    GetAccountSettings: { AccountLimit: concurrency },
    GetFunctionConcurrency: { ReservedConcurrentExecutions: answers.reserved },
    DescribeKey: { KeyMetadata: { KeyId: 'key', ...answers.key } },
    DescribeCertificate: { Certificate: answers.certificate },
    DescribeEventSource: answers.eventSource,
  };
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const operation =
      form.get('Action') ??
      String(request.headers['x-amz-target'] ?? '').split('.')[1] ??
      (request.url?.includes('/functions/') ? 'GetFunctionConcurrency' : 'GetAccountSettings');
    const error = answers.errors?.[operation];
    response.statusCode = error === undefined ? 200 : 403;
    if (error !== undefined) response.setHeader('x-amzn-errortype', error);
    if (form.has('Action')) {
      const problem = element('Error', element('Code', error ?? '') + element('Message', 'no'));
      const result = element(`${operation}Result`, inXml[operation]?.(form) ?? '');
      const body = error === undefined ? `${operation}Response` : 'ErrorResponse';
      response.end(element(body, error === undefined ? result : problem));
    } else response.end(JSON.stringify(error ? { __type: error } : (inJson[operation] ?? {})));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Address.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    /** The requests of SimulatePrincipalPolicy, as forms. */
    simulated,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
