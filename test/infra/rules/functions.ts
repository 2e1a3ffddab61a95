import type { Recording } from '../../../tools/engine/record-resources.ts';
import { limitsOf, routesTo } from './http-api.ts';
import {
  aliases,
  functionOfAlias,
  functions,
  logGroups,
  mappings,
  type ResourceOf,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured } from './stack-settings.ts';

/** What hands the messages of queues to a function. */
const mappingsOf = ({ known }: ResourceOf<typeof functions>, recording: Recording) =>
  mappings(recording).filter(
    ({ inputs }) => functionOfAlias(inputs.functionName, recording)?.known.name === known.name,
  );

export const functionSettings: readonly Rule[] = [
  rule('Every function runs on Node 24 and arm64', functions, ({ name, inputs }) =>
    unless(
      inputs.runtime === 'nodejs24.x' && inputs.architectures.join() === 'arm64',
      `${name} runs on ${inputs.runtime} and ${inputs.architectures}`,
    ),
  ),

  rule(
    'Every function publishes versions, and one alias leads to the newest',
    functions,
    ({ name, known, inputs }, recording) => {
      const own = aliases(recording).filter((alias) => alias.inputs.functionName === known.name);
      return [
        ...unless(inputs.publish === true, `${name} publishes no versions`),
        ...unless(
          own.map((alias) => `${alias.known.name} ${alias.inputs.functionVersion}`).join() ===
            'live 1',
          `${name} has ${own.length} aliases, or an old version`,
        ),
      ];
    },
  ),

  rule('Every function is traced by X-Ray', functions, ({ name, inputs }) =>
    unless(inputs.tracingConfig.mode === 'Active', `${name} is not traced`),
  ),

  rule(
    'Every function writes JSON to its own log group of the stack',
    functions,
    ({ name, inputs }, recording) => {
      const { logFormat, logGroup } = inputs.loggingConfig;
      const users = functions(recording).filter(
        (lambda) => lambda.inputs.loggingConfig.logGroup === logGroup,
      );
      return [
        ...unless(logFormat === 'JSON', `${name} logs ${logFormat ?? 'plain text'}`),
        ...unless(
          users.length === 1 && logGroups(recording).some(({ known }) => known.name === logGroup),
          `${name} logs to ${logGroup ?? 'a group that Lambda makes'}`,
        ),
      ];
    },
  ),

  rule(
    'Every function runs in the configured VPC, or in none',
    functions,
    ({ name, inputs }, recording) =>
      unless(
        JSON.stringify(inputs.vpcConfig) === JSON.stringify(configured(recording).vpc),
        `${name} runs in ${JSON.stringify(inputs.vpcConfig) ?? 'Lambda’s own network'}`,
      ),
  ),

  rule(
    'The function that consumes the queues reserves the maximum concurrency of its mappings, unless reserving is off',
    (recording) =>
      functions(recording).filter((lambda) => mappingsOf(lambda, recording).length > 0),
    (lambda, recording) => {
      const handed = mappingsOf(lambda, recording).reduce(
        (sum, { inputs }) => sum + (inputs.scalingConfig.maximumConcurrency ?? 0),
        0,
      );
      const kept = lambda.inputs.reservedConcurrentExecutions;
      const { reserveConcurrency } = configured(recording).limits;
      return unless(
        kept === (reserveConcurrency ? handed : undefined),
        `${lambda.name} has ${kept ?? 'nothing'} kept for it, of ${handed}`,
      );
    },
  ),

  rule(
    'A function behind the API reserves concurrency for the bursts of all its routes, unless reserving is off',
    (recording) =>
      functions(recording).filter((lambda) => mappingsOf(lambda, recording).length === 0),
    (lambda, recording) => {
      const kept = lambda.inputs.reservedConcurrentExecutions;
      if (!configured(recording).limits.reserveConcurrency) {
        return unless(kept === undefined, `${lambda.name} has ${kept} kept for it`);
      }
      const bursts = routesTo(lambda.known.name, recording).map(
        ({ routeKey }) => limitsOf(routeKey, recording)?.throttlingBurstLimit ?? Infinity,
      );
      const needed = bursts.reduce((sum, burst) => sum + burst, 0);
      return unless(
        kept !== undefined && kept > 0 && kept >= needed,
        `${lambda.name} has ${kept ?? 'nothing'} kept for it, and its routes take ${needed}`,
      );
    },
  ),
];
