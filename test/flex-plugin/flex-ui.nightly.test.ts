import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { fetchPackage } from '../../tools/fetch-package.ts';

const root = join(import.meta.dirname, '../..');
const contract = `import * as Flex from '@twilio/flex-ui';
import type { FlexManager, FlexUi, TaskProps } from '../flex-plugin/flex.ts';
declare const task: Flex.ITask;
export const flex: FlexUi = Flex;
export const manager: FlexManager = Flex.Manager.getInstance();
export const props: TaskProps = { task };
// @ts-expect-error Without types, everything would be any.
export const wrong: { Actions: { replaceAction: number } } = Flex;
`;

it('uses Flex UI as the newest types and the code of 2.x have it', ({ skip }) => {
  const flexUi = fetchPackage('@twilio/flex-ui@2', join(root, '.flex-ui'));
  if (flexUi === undefined) return skip();
  const file = join(root, '.flex-ui/contract.ts');
  writeFileSync(file, contract);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([file], {
    ...options,
    types: [],
    lib: ['lib.esnext.full.d.ts'],
  });
  expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)).toEqual([]);
  const code = readFileSync(join(flexUi, 'bundle/twilio-flex.prod.js'), 'utf8');
  expect(code).toMatch(/HISTORICAL_REPORTING_VIEW="HistoricalReportingView"/);
  expect(code).toMatch(/invokeAction\("HistoricalReportingView",\w+\)/);
  expect(code).toMatch(/document\.currentScript\.getAttribute\("uuid"\)/);
});
