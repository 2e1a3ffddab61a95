import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { checkFunctions } from '../../../ops/doctor/functions.ts';
import { serve } from '../../local/serve.ts';

const aliasOf = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}:live`;

/** The finding about an alias, if Lambda answers its configuration so. */
const find = async (answer: object, status: number, errorType: string) => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(decodeURIComponent(request.url ?? ''));
    response
      .writeHead(status, { 'x-amzn-errortype': errorType })
      .end(JSON.stringify({ Version: '7', ...answer }));
  });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const lambda = { region: 'eu-west-1', endpoint: await serve(server), credentials };
  const aliases = { crmChange: aliasOf('crm'), taskEvent: aliasOf('event'), sync: aliasOf('sync') };
  const [found, ...others] = await checkFunctions({ aliases, aws: { lambda } }, 'Run npm run up.');
  expect(others.map(({ about }) => about)).toEqual(['event', 'sync']);
  expect(paths).toContain(`/2015-03-31/functions/${aliasOf('crm')}/configuration`);
  return found;
};

it.each([
  [{ State: 'Active' }, 200, '', 'ok', /version 7 is ready/],
  [{ State: 'Inactive' }, 200, '', 'warning', /next request fails.*invoke .*crm:live/],
  [{ State: 'Pending' }, 200, '', 'warning', /Pending.*in a minute/],
  [{ State: 'Failed', StateReasonCode: 'EniLimit' }, 200, '', 'failed', /EniLimit.*configuration/],
  [{}, 404, 'ResourceNotFoundException', 'failed', /does not exist.*npm run up/],
  [{ Message: 'hush' }, 403, 'AccessDeniedException', 'unknown', /lambda:GetFunctionConfiguration/],
])('an answer %j %s %s about a function is %s', async (answer, status, type, state, text) => {
  const found = await find(answer, status, type);
  expect(found).toMatchObject({ about: 'crm', state });
  expect(JSON.stringify(found)).toMatch(text);
  expect(JSON.stringify(found)).not.toContain('hush');
});

it('the local stack has no aliases, and nothing is found', async () => {
  expect(await checkFunctions({ aws: { lambda: { region: 'eu-west-1' } } }, 'any')).toEqual([]);
});
