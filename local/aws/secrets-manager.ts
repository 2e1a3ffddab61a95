import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { serviceError, startJsonService } from './json-service.ts';

const Request = z.object({ SecretId: z.string() });

const getSecretValueTarget = 'secretsmanager.GetSecretValue';

/**
 * Starts `GetSecretValue` of Secrets Manager on 127.0.0.1. The secrets are read at each request, so that one
 * may be changed while the server runs.
 * @param port any free one by default
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function startSecretsManager(secrets: Readonly<Record<string, string>>, port?: number) {
  return startJsonService((requestedOperation, body) => {
    if (requestedOperation !== getSecretValueTarget)
      return serviceError('UnknownOperationException', `only ${getSecretValueTarget}`);
    const request = Request.safeParse(JSON.parse(body));
    if (!request.success) return serviceError('ValidationException', 'SecretId must be a text');
    const name = request.data.SecretId;
    if (!Object.hasOwn(secrets, name)) {
      return serviceError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
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
  }, port);
}
