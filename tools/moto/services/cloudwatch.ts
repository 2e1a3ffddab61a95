import { PutDashboardCommand } from '@aws-sdk/client-cloudwatch';
import * as z from 'zod';
import { capitalize, provisioner } from '../provisioner.ts';

const dashboard = provisioner(
  { dashboardName: z.string(), dashboardBody: z.string() },
  async ({ cloudWatch }, inputs) => {
    const { DashboardValidationMessages = [] } = await cloudWatch.send(
      new PutDashboardCommand(capitalize(inputs)),
    );
    if (DashboardValidationMessages.length > 0) {
      throw new Error(JSON.stringify(DashboardValidationMessages));
    }
    return { id: inputs.dashboardName };
  },
);

export const cloudWatchProvisioners = {
  'aws:cloudwatch/dashboard:Dashboard': dashboard,
};
