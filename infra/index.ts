import { getProject, getStack, runtime } from '@pulumi/pulumi';
import { readStackArgs, secretConfigKeys } from './config/stack-config.ts';
import { CrmMediaSync } from './crm-media-sync.ts';

const args = readStackArgs(getProject(), runtime.allConfig(), secretConfigKeys(), getStack());

/** The outputs of the stack. The component describes each. */
export const {
  webhooks,
  taskEventsUrl,
  domain,
  workspaceSid,
  taskRouterUrl,
  sources,
  queueUrls,
  deadLetterQueueUrl,
  eventDeadLetterQueueUrl,
  keyArn,
  eventRules,
  dashboardUrl,
  alarmTopicArn,
  alarmNamePrefix,
  functions,
  aliases,
  bundles,
  syncLogGroup,
  crmChangeLogGroup,
  taskEventLogGroup,
  region,
  secrets,
} = new CrmMediaSync(`${getProject()}-${getStack()}`, args).outputs;
