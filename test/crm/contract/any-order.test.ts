import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { applyToTask } from '../apply-changes.ts';
import { readBody, sources } from './sources.ts';

const options = { now: () => 1 };

const byVersion = (one: TicketChangeMessage, other: TicketChangeMessage): number =>
  Number(BigInt(one.change.version) - BigInt(other.change.version));

describe.each(sources)('the payloads of $kind', ({ kind, crm, source, config }) => {
  const { story } = crm;
  const findings = crm.payloads.flatMap(({ file }) =>
    source.normalise(readBody(source, readPayload(kind, file)), config),
  );
  const changes = findings
    .map((finding) => toTicketChange(finding, kind, config, options))
    .filter((result) => result.kind === 'ticket-change')
    .filter(({ change }) => change.ticket === `${kind}/${story.ticket}`);
  const task = JSON.stringify({
    [crm.settings.taskAttribute]: story.ticket,
    ...(story.callSid !== undefined && { call_sid: story.callSid }),
    conversations: { segment_link: 'https://recordings.example.com/1' },
  });
  const apply = (text: string, message: TicketChangeMessage) =>
    applyToTask(text, message, { [kind]: config });
  const last = [...changes].sort(byVersion).reduce(apply, task);

  it('leave a Task the same in any order, however often each of them comes', () => {
    expect(changes.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...changes, ...changes]),
        fc.shuffledSubarray(changes, { minLength: changes.length }),
        (some, rest) => {
          expect([...some, ...rest, ...rest].reduce(apply, task)).toBe(last);
        },
      ),
    );
  });
});
