import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { listen } from '../listen.ts';

const Request = z.object({ SecretId: z.string() });
const operation = 'secretsmanager.GetSecretValue';

/**
 * Secrets Manager, as far as `GetSecretValue` by name goes, on 127.0.0.1. The secrets are read at
 * each request, so that one may be changed while the server runs.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export const startSecrets = async (secrets: Readonly<Record<string, string>>) => {
  const answer = (target: unknown, body: string): { status: number; json: object } => {
    const error = (type: string, Message: string) => ({
      status: 400,
      json: { __type: type, Message },
    });
    if (target !== operation) return error('UnknownOperationException', `only ${operation}`);
    const request = Request.safeParse(JSON.parse(body));
    if (!request.success) return error('ValidationException', 'SecretId must be a text');
    const name = request.data.SecretId;
    if (!Object.hasOwn(secrets, name)) {
      return error('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return {
      status: 200,
      json: {
        ARN: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-local0`,
        Name: name,
        SecretString: secrets[name],
        VersionId: randomUUID(),
        VersionStages: ['AWSCURRENT'],
        CreatedDate: 0,
      },
    };
  };

  const server = createServer(async (request, response) => {
    const { status, json } = answer(request.headers['x-amz-target'], await text(request));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(json));
  });
  return listen(server);
};
