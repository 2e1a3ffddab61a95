// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the text of other files
import { changesTo } from '../mutant.ts';

export const httpApiChanges = [
  ...changesTo('infra/components/webhook-api.ts', [
    [
      'Each route has a limit of its own',
      'routeSettings: routes.map(',
      'routeSettings: routes.slice(1).map(',
    ],
    ['What is for no route is limited', 'throttled(args.strayLimits)', 'undefined'],
    ['Requests are logged', 'accessLogSettings:', 'tags:'],
    [
      'The API’s own host is closed where there is another',
      'domain?.keepApiHost === false',
      'false',
    ],
    [
      'A route calls its function alone',
      'interpolate`${api.executionArn}/*/${call}`',
      'interpolate`${api.executionArn}/*`',
    ],
    [
      'The API calls functions, and nobody else',
      "principal: 'apigateway.amazonaws.com'",
      "principal: '*'",
    ],
    ['Routes take POSTs', '          `POST ${path}`,', '          `ANY ${path}`,'],
    ['The API has the name that it had', 'new Api(\n      name,', 'new Api(\n      `${name}-api`,'],
  ]),
  ...changesTo('infra/components/access-log.ts', [
    ['No path is logged', "'$context.routeKey'", "'$context.path'"],
    ['No header is logged', "'$context.identity.sourceIp'", "'$context.identity.userAgent'"],
    ['No authoriser is logged', "'$context.requestTime'", "'$context.authorizer.claims'"],
    ['The log of requests is encrypted', 'kmsKeyId: args.key.arn,', ''],
    ['The log of requests ends some day', 'retentionInDays: args.logRetentionDays,', ''],
  ]),
  ...changesTo('infra/components/custom-domain.ts', [
    ['Old TLS is refused', "'TLS_1_2'", "'TLS_1_0'"],
  ]),
  ...changesTo('infra/components/event-delivery.ts', [
    ['EventBridge calls for its rule alone', 'sourceArn: events.ruleArn,', ''],
    [
      'Events that cannot be handed over are kept',
      'deadLetterConfig: { arn: deadLetters.arn },',
      '',
    ],
  ]),
  ...changesTo('infra/functions.ts', [
    ['A door answers while the API waits', 'timeoutSeconds: 10', 'timeoutSeconds: 60'],
  ]),
];
