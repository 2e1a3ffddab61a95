import {
  CreateApiCommand,
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  EndpointType,
  GetApiMappingsCommand,
  GetApisCommand,
  GetDomainNamesCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStagesCommand,
  IntegrationType,
  ProtocolType,
  SecurityPolicy,
} from '@aws-sdk/client-apigatewayv2';
import * as z from 'zod';
import { type Aws, account, region } from '../aws.ts';
import { physicalName, present, provisioner, Tags } from '../provisioner.ts';

const ApiInputs = z.strictObject({
  protocolType: z.enum(ProtocolType),
  disableExecuteApiEndpoint: z.boolean(),
  tags: Tags,
});

const api = provisioner(ApiInputs, async ({ apiGateway }, inputs, name) => {
  const { ApiId, ApiEndpoint } = await apiGateway.send(
    new CreateApiCommand({
      Name: physicalName(name),
      ProtocolType: inputs.protocolType,
      DisableExecuteApiEndpoint: inputs.disableExecuteApiEndpoint,
      Tags: inputs.tags,
    }),
  );
  const id = present(ApiId, 'the id of an API');
  // API Gateway does not tell this one: Pulumi's provider puts it together as well.
  const executionArn = `arn:aws:execute-api:${region}:${account}:${id}`;
  return { id, state: { apiEndpoint: present(ApiEndpoint, 'an endpoint'), executionArn } };
});

const IntegrationInputs = z.strictObject({
  apiId: z.string(),
  integrationType: z.enum(IntegrationType),
  integrationMethod: z.string(),
  integrationUri: z.string(),
  payloadFormatVersion: z.string(),
});

const integration = provisioner(IntegrationInputs, async ({ apiGateway }, inputs) => {
  const { IntegrationId } = await apiGateway.send(
    new CreateIntegrationCommand({
      ApiId: inputs.apiId,
      IntegrationType: inputs.integrationType,
      IntegrationMethod: inputs.integrationMethod,
      IntegrationUri: inputs.integrationUri,
      PayloadFormatVersion: inputs.payloadFormatVersion,
    }),
  );
  return { id: present(IntegrationId, 'the id of an integration') };
});

const route = provisioner(
  z.strictObject({ apiId: z.string(), routeKey: z.string(), target: z.string() }),
  async ({ apiGateway }, { apiId, routeKey, target }) => {
    const { RouteId } = await apiGateway.send(
      new CreateRouteCommand({ ApiId: apiId, RouteKey: routeKey, Target: target }),
    );
    return { id: present(RouteId, 'the id of a route') };
  },
);

const throttled = { throttlingRateLimit: z.number(), throttlingBurstLimit: z.number() };
const StageInputs = z.strictObject({
  apiId: z.string(),
  name: z.string(),
  autoDeploy: z.boolean(),
  defaultRouteSettings: z.strictObject(throttled),
  routeSettings: z.array(z.strictObject({ routeKey: z.string(), ...throttled })),
  accessLogSettings: z.strictObject({ destinationArn: z.string(), format: z.string() }),
  tags: Tags,
});

const limits = (settings: { throttlingRateLimit: number; throttlingBurstLimit: number }) => ({
  ThrottlingRateLimit: settings.throttlingRateLimit,
  ThrottlingBurstLimit: settings.throttlingBurstLimit,
});

const stage = provisioner(StageInputs, async ({ apiGateway }, inputs) => {
  await apiGateway.send(
    new CreateStageCommand({
      ApiId: inputs.apiId,
      StageName: inputs.name,
      AutoDeploy: inputs.autoDeploy,
      DefaultRouteSettings: limits(inputs.defaultRouteSettings),
      RouteSettings: Object.fromEntries(
        inputs.routeSettings.map((settings) => [settings.routeKey, limits(settings)]),
      ),
      AccessLogSettings: {
        DestinationArn: inputs.accessLogSettings.destinationArn,
        Format: inputs.accessLogSettings.format,
      },
      Tags: inputs.tags,
    }),
  );
  return { id: inputs.name };
});

const DomainInputs = z.strictObject({
  domainName: z.string(),
  domainNameConfiguration: z.strictObject({
    certificateArn: z.string(),
    endpointType: z.enum(EndpointType),
    securityPolicy: z.enum(SecurityPolicy),
  }),
  tags: Tags,
});

const domainName = provisioner(DomainInputs, async ({ apiGateway }, inputs) => {
  const { domainNameConfiguration: configuration } = inputs;
  const { DomainNameConfigurations: [made] = [] } = await apiGateway.send(
    new CreateDomainNameCommand({
      DomainName: inputs.domainName,
      DomainNameConfigurations: [
        {
          CertificateArn: configuration.certificateArn,
          EndpointType: configuration.endpointType,
          SecurityPolicy: configuration.securityPolicy,
        },
      ],
      Tags: inputs.tags,
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
});

const apiMapping = provisioner(
  z.strictObject({ apiId: z.string(), domainName: z.string(), stage: z.string() }),
  async ({ apiGateway }, inputs) => {
    const { ApiMappingId } = await apiGateway.send(
      new CreateApiMappingCommand({
        ApiId: inputs.apiId,
        DomainName: inputs.domainName,
        Stage: inputs.stage,
      }),
    );
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
export const readApis = async ({ apiGateway }: Aws) => {
  const { Items = [] } = await apiGateway.send(new GetApisCommand());
  return Promise.all(
    Items.map(async ({ ApiId, ApiEndpoint, DisableExecuteApiEndpoint, Tags: tags }) => {
      const [routes, integrations, stages] = await Promise.all([
        apiGateway.send(new GetRoutesCommand({ ApiId })),
        apiGateway.send(new GetIntegrationsCommand({ ApiId })),
        apiGateway.send(new GetStagesCommand({ ApiId })),
      ]);
      return {
        id: ApiId,
        endpoint: ApiEndpoint,
        closed: DisableExecuteApiEndpoint,
        tags,
        routes: (routes.Items ?? []).map(({ RouteKey, Target }) => ({
          key: RouteKey,
          integration: integrations.Items?.find(
            ({ IntegrationId }) => Target === `integrations/${IntegrationId}`,
          ),
        })),
        stages: (stages.Items ?? []).map(
          ({ CreatedDate: _, LastUpdatedDate: __, ...settings }) => settings,
        ),
      };
    }),
  );
};

/** All hosts that stand for APIs. */
export const readDomains = async ({ apiGateway }: Aws) => {
  const { Items = [] } = await apiGateway.send(new GetDomainNamesCommand());
  return Promise.all(
    Items.map(async ({ DomainName, DomainNameConfigurations, Tags: tags }) => {
      const { Items: mappings = [] } = await apiGateway.send(
        new GetApiMappingsCommand({ DomainName }),
      );
      return {
        name: DomainName,
        configurations: DomainNameConfigurations,
        mappings: mappings.map(({ ApiId, Stage }) => ({ api: ApiId, stage: Stage })),
        tags,
      };
    }),
  );
};
