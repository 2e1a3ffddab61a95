import * as z from 'zod';
import { forward, type Gap, Json, jsonOf, ok } from './moto-request.ts';

/** All known gaps of moto 5.2.1 for the resources of the program. Any other difference from AWS is an error. */
export function knownGaps(moto: string): readonly Gap[] {
  return [
    queueAttributes(),
    functionSettings(),
    recursionConfigs(),
    stages(moto),
    domainTargets(),
    partnerBuses(moto),
    mappedFunctions(),
    hostedZones(moto),
  ];
}

/**
 * SQS: SetQueueAttributes removes a policy that the request does not name. GetQueueAttributes does not return the
 * redrive allow policy, and returns the redrive policy with other spaces.
 */
function queueAttributes(): Gap {
  const kept = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];
  const queues = new Map<string, Json>();
  const nameOf = ({ QueueName, QueueUrl }: Json) =>
    String(QueueName ?? QueueUrl).replace(/.*\//, '');
  return {
    // moto rejects a request for an attribute that it does not know.
    ask: ({ action, body }) =>
      action === 'AmazonSQS.GetQueueAttributes' ? { ...body, AttributeNames: ['All'] } : undefined,
    amend: ({ action, body }, answer) => {
      const name = nameOf(body);
      const known = queues.get(name) ?? {};
      const given = Json.catch({}).parse(body['Attributes']);
      if (action === 'AmazonSQS.CreateQueue') queues.set(name, given);
      if (action === 'AmazonSQS.SetQueueAttributes') queues.set(name, { ...known, ...given });
      if (action === 'AmazonSQS.DeleteQueue') queues.delete(name);
      if (action !== 'AmazonSQS.GetQueueAttributes') return answer;
      const asked = [body['AttributeNames']].flat();
      const others = Object.entries(Json.catch({}).parse(answer['Attributes'])).filter(
        ([key]) => !kept.includes(key),
      );
      const told = Object.entries(known).filter(([key, of]) => kept.includes(key) && of !== '');
      const wanted = [...others, ...told].filter(
        ([key]) => asked.includes('All') || asked.includes(key),
      );
      return { ...answer, Attributes: Object.fromEntries(wanted) };
    },
  };
}

/** Lambda: functions do not return their dead-letter queue and logging configuration. */
function functionSettings(): Gap {
  const functions = new Map<string, Json>();
  return {
    amend: ({ method, path, body }, answer) => {
      const [, name = ''] = /^\/2015-03-31\/functions(?:\/([^/?]+))?/.exec(path) ?? [];
      const configuration = Json.catch({}).parse(answer['Configuration'] ?? answer);
      const isFunction = typeof configuration['FunctionName'] === 'string';
      if (!path.startsWith('/2015-03-31/functions') || !isFunction) return answer;
      const key = String(configuration['FunctionName']);
      if (method !== 'GET' && (name === '' || path.endsWith('/configuration'))) {
        const { DeadLetterConfig, LoggingConfig } = { ...functions.get(key), ...body };
        functions.set(key, { DeadLetterConfig, LoggingConfig });
      }
      const told = { ...configuration, ...functions.get(key) };
      return 'Configuration' in answer ? { ...answer, Configuration: told } : told;
    },
  };
}

/** Lambda: PutFunctionRecursionConfig and GetFunctionRecursionConfig are missing. */
function recursionConfigs(): Gap {
  const functions = new Map<string, Json>();
  return {
    answer: ({ method, path, body }) => {
      const [, name] = /^\/2024-08-31\/functions\/([^/]+)\/recursion-config$/.exec(path) ?? [];
      if (name === undefined) return undefined;
      if (method === 'PUT') functions.set(name, body);
      return ok(functions.get(name) ?? { RecursiveLoop: 'Terminate' });
    },
  };
}

/** API Gateway: UpdateStage and DeleteRouteSettings are missing. The tags of a stage cannot be changed. */
function stages(moto: string): Gap {
  const changes = new Map<string, Json>();
  const stageOf = (path: string) => /\/apis\/[^/]+\/stages\/[^/]+/.exec(path)?.[0];
  const merged = (before: Json, { routeSettings, tags, ...others }: Json): Json => ({
    ...before,
    ...others,
    routeSettings: { ...Object(before['routeSettings']), ...Object(routeSettings) },
    tags: { ...Object(before['tags']), ...Object(tags) },
  });
  const change = (stage: string, more: Json): void => {
    changes.set(stage, merged(changes.get(stage) ?? {}, more));
  };
  return {
    answer: async (request) => {
      const { method, path, body, query } = request;
      const stage = stageOf(path);
      if (stage === undefined) return undefined;
      if (path.startsWith('/v2/tags/') && method !== 'GET') {
        const removed = query.getAll('tagKeys').map((key) => [key, undefined]);
        change(stage, { tags: method === 'DELETE' ? Object.fromEntries(removed) : body['tags'] });
        return ok({});
      }
      const [, route] = /\/routesettings\/(.+)$/.exec(path) ?? [];
      if (route !== undefined) {
        change(stage, { routeSettings: { [route]: undefined } });
        return ok({});
      }
      if (method !== 'PATCH') return undefined;
      change(stage, body);
      const read = { ...request, method: 'GET', raw: Buffer.alloc(0) };
      const { body: found } = await forward(moto, read);
      return ok(merged(jsonOf(found) ?? {}, changes.get(stage) ?? {}));
    },
    amend: ({ method, path }, answer) => {
      const stage = path.startsWith('/v2/apis/') && method === 'GET' ? stageOf(path) : undefined;
      const changed = changes.get(stage ?? '');
      return changed === undefined ? answer : merged(answer, changed);
    },
  };
}

/** Lambda: an event source mapping does not return the alias that it invokes. */
function mappedFunctions(): Gap {
  const mappings = new Map<unknown, unknown>();
  return {
    amend: ({ path, body }, answer) => {
      const { UUID } = answer;
      if (!path.startsWith('/2015-03-31/event-source-mappings') || UUID === undefined)
        return answer;
      if (body['FunctionName'] !== undefined) mappings.set(UUID, body['FunctionName']);
      return { ...answer, FunctionArn: mappings.get(UUID) ?? answer['FunctionArn'] };
    },
  };
}

/** API Gateway: a custom domain never becomes available, has no target, and has empty settings for mutual TLS. */
function domainTargets(): Gap {
  return {
    amend: ({ path }, answer) => {
      const configurations = z.array(Json).safeParse(answer['domainNameConfigurations']).data;
      if (!path.startsWith('/v2/domainnames') || configurations === undefined) return answer;
      const target = {
        apiGatewayDomainName: 'd-0a1b2c3d4e.execute-api.eu-west-1.amazonaws.com',
        hostedZoneId: 'ZLY8HYME6SFDD',
        domainNameStatus: 'AVAILABLE',
      };
      const { mutualTlsAuthentication: _, ...others } = answer;
      return {
        ...others,
        domainNameConfigurations: configurations.map((of) => ({ ...of, ...target })),
      };
    },
  };
}

/**
 * EventBridge: moto finds a partner's bus by the part of its name after the last slash. There is also no partner
 * who creates the event source, which must exist before the bus.
 */
function partnerBuses(moto: string): Gap {
  const isOfPartner = (name: unknown): name is string =>
    typeof name === 'string' && name.startsWith('aws.partner/');
  return {
    ask: async (request) => {
      const { action, body } = request;
      if (!/^AWSEvents\.\w+EventBus$/.test(action) || !isOfPartner(body['Name'])) return undefined;
      if (action === 'AWSEvents.CreateEventBus') {
        const source = { Name: body['EventSourceName'], Account: '123456789012' };
        await forward(moto, {
          ...request,
          headers: { ...request.headers, 'x-amz-target': 'AWSEvents.CreatePartnerEventSource' },
          raw: Buffer.from(JSON.stringify(source)),
        });
      }
      return { ...body, Name: body['Name'].replace(/.*\//, '') };
    },
    amend: ({ action, body }, answer) =>
      action === 'AWSEvents.DescribeEventBus' && isOfPartner(body['Name'])
        ? { ...answer, Name: body['Name'] }
        : answer,
  };
}

/**
 * Route 53: the ids of hosted zones do not begin with Z. There is also no owner of the domain who creates the zone.
 */
function hostedZones(moto: string): Gap {
  const zones = new Map<string, Promise<string>>();
  const create = async (): Promise<string> => {
    const body =
      '<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">' +
      '<Name>acme.com.</Name><CallerReference>owner</CallerReference></CreateHostedZoneRequest>';
    const authorization =
      'AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/route53/aws4_request';
    const headers = { authorization, 'content-type': 'application/xml' };
    const url = `${moto}/2013-04-01/hostedzone`;
    const answer = await fetch(url, { method: 'POST', headers, body });
    return /<Id>\/hostedzone\/(\w+)</.exec(await answer.text())?.[1] ?? '';
  };
  return {
    answer: async (request) => {
      const [, id] = /\/hostedzone\/(Z\w+)/.exec(request.path) ?? [];
      if (id === undefined) return undefined;
      const zone = zones.get(id) ?? create();
      zones.set(id, zone);
      return forward(moto, { ...request, url: request.url.replace(id, await zone) });
    },
  };
}
