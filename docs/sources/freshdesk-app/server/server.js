/**
 * crm-media-sync in Freshdesk: the server of a Freshworks custom app.
 *
 * It tells our endpoint of every ticket that is created, updated, marked as spam or deleted, in the body
 * of docs/sources/standard-webhooks.md and signed by Standard Webhooks. After 429, 5xx or no answer it
 * schedules another try; any other refusal is final. What is given up stands in the app's log.
 */
// biome-ignore lint/style/useNodejsImportProtocol: by this name Freshworks' own examples load it.
const { createHmac, createSecretKey, randomBytes } = require('crypto');

// Freshworks starts nothing that is less than five minutes away.
const waitMinutes = [10, 30, 60, 240];

const sidKinds = { WT: 'taskSid', CA: 'callSid', CH: 'conversationSid' };

/** The SID in a custom field, under the name of its kind. Only a SID leaves Freshdesk. */
const sidsOf = (customFields, field) => {
  const named = (name) => Object.keys(customFields).find((key) => name(key) === field);
  // An account's number may stand behind the name, e.g. cf_twilio_sid_2670978.
  const key = named((name) => name) ?? named((name) => name.replace(/_\d+$/, ''));
  const sid = String(customFields[key] ?? '').trim();
  return /^(WT|CA|CH)[0-9a-fA-F]{32}$/.test(sid) ? { [sidKinds[sid.slice(0, 2)]]: sid } : {};
};

const send = ({ id, body }, secret) => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = createSecretKey(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const context = { id, timestamp, signature: `v1,${mac}` };
  return $request.invokeTemplate('sendTicket', { context, body });
};

/** Sends a message, or has it sent later: each try is signed anew, under the same id. */
const deliver = async (message, { secret }) => {
  const { what, id, tries } = message;
  const giveUp = (reason) => console.error(`crm-media-sync gave up ${what}: ${reason}`);
  try {
    await send(message, secret);
  } catch ({ status, response, message: problem }) {
    // The endpoint says which field is wrong and what to do; it quotes no values.
    const reason = `${status ?? 'no status'} ${String(response ?? problem).slice(0, 500)}`;
    const isFinal = status >= 300 && status < 500 && status !== 429;
    if (isFinal || tries >= waitMinutes.length) return giveUp(reason);
    const due = new Date(Date.now() + waitMinutes[tries] * 60_000);
    const schedule = {
      name: `${id}_${tries}`,
      data: { ...message, tries: tries + 1 },
      schedule_at: due.toISOString(),
    };
    try {
      await $schedule.create(schedule);
      console.warn(`crm-media-sync will try ${what} again: ${reason}`);
    } catch {
      giveUp(`${reason}, and no other try could be scheduled`);
    }
  }
};

const tell = async (happened, { data: { ticket }, iparams }) => {
  if (ticket.id === undefined) {
    console.error(`crm-media-sync was not told the number of a ticket: ${happened}`);
    return;
  }
  const type = ticket.deleted === true || ticket.spam === true ? 'ticket.deleted' : happened;
  const message = {
    type,
    // Nothing is known to say when a ticket was deleted.
    timestamp: happened === 'ticket.deleted' ? new Date().toISOString() : ticket.updated_at,
    data: { id: String(ticket.id), ...sidsOf(ticket.custom_fields ?? {}, iparams.sid_field) },
  };
  await deliver(
    {
      what: `${type} ${ticket.id}`,
      id: `msg_${randomBytes(12).toString('hex')}`,
      body: JSON.stringify(message),
      tries: 0,
    },
    iparams,
  );
};

// biome-ignore lint/suspicious/noGlobalAssign: so an app says what it handles.
exports = {
  ticketCreated: (event) => tell('ticket.created', event),
  ticketUpdated: (event) => tell('ticket.updated', event),
  ticketDeleted: (event) => tell('ticket.deleted', event),
  tryAgain: ({ data, iparams }) => deliver(data, iparams),
};
