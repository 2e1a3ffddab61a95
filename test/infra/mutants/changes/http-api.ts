// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed } from '../../../../tools/mutants/edits.ts';
import { changesTo } from '../../../../tools/mutants/mutant.ts';
import {
  argument,
  call,
  code,
  func,
  property,
  variable,
} from '../../../../tools/mutants/places.ts';

export const httpApiChanges = [
  ...changesTo('infra/components/webhook-api.ts', [
    ['Each route has its own limits', ['routeSettings', code('routes.map')], 'routes.slice(1).map'],
    ['The default route is limited', ['defaultRouteSettings'], 'undefined'],
    ['Requests are logged', ['accessLogSettings'], removed],
    ['A custom domain disables the execute-api endpoint', ['disableExecuteApiEndpoint'], 'false'],
    [
      'A route invokes its own function only',
      [call('new Permission'), 'sourceArn'],
      'interpolate`${api.executionArn}/*`',
    ],
    ['The API invokes the alias of a function', ['qualifier'], removed],
    ['Only API Gateway invokes functions', ['principal'], "'*'"],
    ['Routes accept POST only', [call('this.addRoute'), code('`POST ${path}`')], '`ANY ${path}`'],
    ['The API keeps its logical name', [argument('new Api', 0)], '`${name}-api`'],
    ['Old versions of TLS are rejected', ['securityPolicy'], "'TLS_1_0'"],
    ['No path is logged', [variable('logFields'), 'routeKey'], "'$context.path'"],
    ['No header is logged', [variable('logFields'), 'sourceIp'], "'$context.identity.userAgent'"],
    ['No claim is logged', [variable('logFields'), 'requestTime'], "'$context.authorizer.claims'"],
    ['The access log is encrypted', ['kmsKeyId'], removed],
    ['The access log has a retention period', ['retentionInDays'], removed],
  ]),
  ...changesTo('infra/components/event-bridge.ts', [
    ['Only its own rule invokes daily', [property('sourceArn', 'rule.arn')], removed],
    ['Only its own rule sends events', [property('sourceArn', 'events.ruleArn')], removed],
    ['Events that cannot be delivered are kept', ['deadLetterConfig'], removed],
  ]),
  ...changesTo('infra/functions.ts', [
    ['A function times out before the API', [func('crmChangeFunction'), 'timeoutSeconds'], '60'],
  ]),
];
