import { kinds } from '../../lambdas/crm-change/source-config.ts';
import { type JsonObject, textAt } from '../../shared/media/json.ts';
import { TicketId } from '../../shared/message/ticket-change.ts';
import type { DeployedSource } from '../deployment/deployment.ts';

/** The keys of the tickets that a Task names in the attributes of the sources. */
export const namedTickets = (
  attributes: JsonObject,
  sources: Readonly<Record<string, DeployedSource>>,
): readonly string[] =>
  Object.entries(sources).flatMap(([name, { kind, taskAttribute }]) => {
    const text = taskAttribute === undefined ? undefined : textAt(attributes, taskAttribute);
    if (text === undefined) return [];
    const idOnTask = kinds.get(kind)?.idOnTask;
    const id = TicketId.safeParse(idOnTask ? idOnTask(text) : text).data;
    return id === undefined ? [] : [`${name}/${id}`];
  });
