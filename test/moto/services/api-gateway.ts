import {
  CreateApiCommand,
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  EndpointType,
  GetApisCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
  IntegrationType,
  ProtocolType,
  SecurityPolicy,
} from '@aws-sdk/client-apigatewayv2';
import * as z from 'zod';
import { type Aws, account, region } from '../aws.ts';
import { capitalize, physicalName, present, provisioner, Tags } from '../provisioner.ts';

const api = provisioner(
  { protocolType: z.enum(ProtocolType), disableExecuteApiEndpoint: z.boolean(), tags: Tags },
  async ({ apiGateway }, inputs, name) => {
    const { ApiId, ApiEndpoint } = await apiGateway.send(
      new CreateApiCommand({ Name: physicalName(name), ...capitalize(inputs) }),
    );
    const id = present(ApiId, 'the id of an API');
    // API Gateway does not return this one: Pulumi's provider builds it as well.
    const executionArn = `arn:aws:execute-api:${region}:${account}:${id}`;
    return { id, state: { apiEndpoint: present(ApiEndpoint, 'an endpoint'), executionArn } };
  },
);

const integration = provisioner(
  {
    apiId: z.string(),
    integrationType: z.enum(IntegrationType),
    integrationMethod: z.string(),
    integrationUri: z.string(),
    payloadFormatVersion: z.string(),
  },
  async ({ apiGateway }, inputs) => {
    const command = new CreateIntegrationCommand(capitalize(inputs));
    const { IntegrationId } = await apiGateway.send(command);
    return { id: present(IntegrationId, 'the id of an integration') };
  },
);

const route = provisioner(
  { apiId: z.string(), routeKey: z.string(), target: z.string() },
  async ({ apiGateway }, inputs) => {
    const { RouteId } = await apiGateway.send(new CreateRouteCommand(capitalize(inputs)));
    return { id: present(RouteId, 'the id of a route') };
  },
);

const throttled = { throttlingRateLimit: z.number(), throttlingBurstLimit: z.number() };

const stage = provisioner(
  {
    apiId: z.string(),
    name: z.string(),
    autoDeploy: z.boolean(),
    defaultRouteSettings: z.strictObject(throttled),
    routeSettings: z.array(z.strictObject({ routeKey: z.string(), ...throttled })),
    accessLogSettings: z.strictObject({ destinationArn: z.string(), format: z.string() }),
    tags: Tags,
  },
  async ({ apiGateway }, { name, ...inputs }) => {
    await apiGateway.send(
      new CreateStageCommand({
        StageName: name,
        ...capitalize(inputs),
        DefaultRouteSettings: capitalize(inputs.defaultRouteSettings),
        RouteSettings: Object.fromEntries(
          inputs.routeSettings.map(({ routeKey, ...limits }) => [routeKey, capitalize(limits)]),
        ),
        AccessLogSettings: capitalize(inputs.accessLogSettings),
      }),
    );
    return { id: name };
  },
);

const domainName = provisioner(
  {
    domainName: z.string(),
    domainNameConfiguration: z.strictObject({
      certificateArn: z.string(),
      endpointType: z.enum(EndpointType),
      securityPolicy: z.enum(SecurityPolicy),
    }),
    tags: Tags,
  },
  async ({ apiGateway }, { domainNameConfiguration: configuration, ...inputs }) => {
    const { DomainNameConfigurations: [made] = [] } = await apiGateway.send(
      new CreateDomainNameCommand({
        ...capitalize(inputs),
        DomainNameConfigurations: [capitalize(configuration)],
      }),
    );
    const target = {
      targetDomainName: made?.ApiGatewayDomainName ?? 'moto gives a domain no target',
      hostedZoneId: made?.HostedZoneId ?? 'moto gives a domain no zone',
    };
    return {
      id: inputs.domainName,
      state: { domainNameConfiguration: { ...configuration, ...target } },
    };
  },
);

const apiMapping = provisioner(
  { apiId: z.string(), domainName: z.string(), stage: z.string() },
  async ({ apiGateway }, inputs) => {
    const { ApiMappingId } = await apiGateway.send(new CreateApiMappingCommand(capitalize(inputs)));
    return { id: present(ApiMappingId, 'the id of a mapping') };
  },
);

export const apiGatewayProvisioners = {
  'aws:apigatewayv2/api:Api': api,
  'aws:apigatewayv2/integration:Integration': integration,
  'aws:apigatewayv2/route:Route': route,
  'aws:apigatewayv2/stage:Stage': stage,
  'aws:apigatewayv2/domainName:DomainName': domainName,
  'aws:apigatewayv2/apiMapping:ApiMapping': apiMapping,
};

/** All APIs: routes, each with its integration, and stages. */
export async function readApis({ apiGateway }: Aws) {
  const { Items = [] } = await apiGateway.send(new GetApisCommand());
  return Promise.all(
    Items.map(async ({ ApiId, ApiEndpoint }) => {
      const [routes, integrations, stages] = await Promise.all([
        apiGateway.send(new GetRoutesCommand({ ApiId })),
        apiGateway.send(new GetIntegrationsCommand({ ApiId })),
        apiGateway.send(new GetStagesCommand({ ApiId })),
      ]);
      const routed = (routes.Items ?? []).map(({ RouteKey, Target }) => ({
        key: RouteKey,
        integration: integrations.Items?.find(
          ({ IntegrationId }) => Target === `integrations/${IntegrationId}`,
        ),
      }));
      return { id: ApiId, endpoint: ApiEndpoint, routes: routed, stages: stages.Items ?? [] };
    }),
  );
}
