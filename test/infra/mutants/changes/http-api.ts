// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is code of other files
import { removed, to } from '../edits.ts';
import { changesTo } from '../mutant.ts';
import { argument, call, code, func, property, variable } from '../places.ts';

export const httpApiChanges = [
  ...changesTo('infra/components/webhook-api.ts', [
    [
      'Each route has its own limits',
      [property('routeSettings'), code('routes.map')],
      to('routes.slice(1).map'),
    ],
    ['The default route is limited', [property('defaultRouteSettings')], to('undefined')],
    ['Requests are logged', [property('accessLogSettings')], removed],
    [
      'A custom domain disables the execute-api endpoint',
      [property('disableExecuteApiEndpoint')],
      to('false'),
    ],
    [
      'A route invokes its own function only',
      [call('new Permission'), property('sourceArn')],
      to('interpolate`${api.executionArn}/*`'),
    ],
    ['Only API Gateway invokes functions', [property('principal')], to("'*'")],
    [
      'Routes accept POST only',
      [call('this.addRoute'), code('`POST ${path}`')],
      to('`ANY ${path}`'),
    ],
    ['The API keeps its logical name', [argument('new Api', 0)], to('`${name}-api`')],
  ]),
  ...changesTo('infra/components/access-log.ts', [
    ['No path is logged', [variable('logFields'), property('routeKey')], to("'$context.path'")],
    [
      'No header is logged',
      [variable('logFields'), property('sourceIp')],
      to("'$context.identity.userAgent'"),
    ],
    [
      'No authoriser is logged',
      [variable('logFields'), property('requestTime')],
      to("'$context.authorizer.claims'"),
    ],
    ['The access log is encrypted', [property('kmsKeyId')], removed],
    ['The access log has a retention period', [property('retentionInDays')], removed],
  ]),
  ...changesTo('infra/components/custom-domain.ts', [
    ['Old versions of TLS are rejected', [property('securityPolicy')], to("'TLS_1_0'")],
  ]),
  ...changesTo('infra/components/event-delivery.ts', [
    ['EventBridge invokes for its own rule only', [property('sourceArn')], removed],
    ['Events that cannot be delivered are kept', [property('deadLetterConfig')], removed],
  ]),
  ...changesTo('infra/functions.ts', [
    [
      'A function answers before API Gateway times out',
      [func('crmChangeFunction'), property('timeoutSeconds')],
      to('60'),
    ],
  ]),
];
