import { sourceKinds } from '../../lambdas/crm-change/source-config.ts';
import { ticketIdOnTask } from '../../lambdas/task-event/id-on-task.ts';
import type { JsonObject } from '../../shared/media/json.ts';
import type { DeployedSource } from '../deployment/deployment.ts';

/** The keys of the tickets that a Task names in the attributes of the sources. */
export const ticketKeysOnTask = (
  attributes: JsonObject,
  sources: Readonly<Record<string, DeployedSource>>,
): readonly string[] =>
  Object.entries(sources).flatMap(([name, { kind, taskAttribute }]) => {
    const id = ticketIdOnTask(attributes, taskAttribute, sourceKinds.get(kind));
    return id === undefined ? [] : [`${name}/${id}`];
  });
