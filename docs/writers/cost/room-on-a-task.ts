import { rewrite } from '../../../shared/media/rewrite.ts';
import { inCharacters } from '../../../shared/media/shrink-to-fit.ts';

const foreign = JSON.stringify({
  call_sid: `CA${'a'.repeat(32)}`,
  from: '+15005550006',
  direction: 'inbound',
  name: '+15005550006',
  conversations: {
    segment_link: `https://api.twilio.com/2010-04-01/Accounts/AC${'0'.repeat(32)}/Recordings/RE${'a'.repeat(32)}`,
  },
});
const segment = { sid: `WR${'a'.repeat(32)}`, status: 'accepted' } as const;

const ticket = (index: number) => {
  const id = 100_000 + index;
  const link = {
    type: 'Referenced',
    url: `https://acme.zendesk.com/agent/tickets/${id}`,
    title: `Ticket ${id}`,
  } as const;
  return { ticket: `zendesk/${id}`, version: String(1_700_000_000_000 + index), link };
};

/** How many tickets the Task of a call holds beside what a Studio flow usually writes, as the rewrite has it. */
export const ticketsOfTask = (): number => {
  for (let count = 1; ; count += 1) {
    const tickets = Array.from({ length: count }, (_, index) => ticket(index));
    const { budget } = rewrite(foreign, [segment], tickets, inCharacters);
    if (budget.evicted.length > 0) return count - 1;
  }
};
