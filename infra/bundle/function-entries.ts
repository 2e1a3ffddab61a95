/** The entry file of each function, from the repository's root. */
export const functionEntries = {
  crmChange: 'lambdas/crm-change/handler.ts',
  taskEvent: 'lambdas/task-event/handler.ts',
  sync: 'lambdas/sync/handler.ts',
};
