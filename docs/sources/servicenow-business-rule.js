// biome-ignore-all lint: ES5, as ServiceNow runs it.
/**
 * crm-media-sync in ServiceNow, 1 of 2: a business rule. When: after. Insert, Update, Delete.
 *
 * It puts what changed into ServiceNow's own event queue, so that whoever saves a record waits for
 * nothing; servicenow-script-action.js sends it from there. Not `async`: such a rule does not know what
 * the record held before.
 *
 * System property crm_media_sync.sid_field: the column that holds a Twilio SID, if there is one.
 */
(function executeRule(current, previous) {
  // Only a SID leaves ServiceNow, whatever people write into that column.
  var sid = /^(WT|CA|CH)[0-9a-fA-F]{32}$/;
  var column = String(gs.getProperty('crm_media_sync.sid_field', ''));
  var operation = String(current.operation());
  var holds = column === '' ? '' : String(current.getValue(column)).trim();
  var held =
    column === '' || operation !== 'update' ? '' : String(previous.getValue(column)).trim();
  var facts = [
    String(current.getTableName()),
    operation,
    String(current.getUniqueValue()),
    String(current.getValue('number') || ''),
    String(current.getValue('sys_mod_count')),
    String(current.getValue('sys_updated_on')),
    sid.test(holds) ? holds : '',
    sid.test(held) ? held : '',
  ];
  gs.eventQueue('crm_media_sync.send', null, JSON.stringify(facts), '0');
})(current, previous);
