// biome-ignore-all lint: ES5, as ServiceNow runs it.
/**
 * crm-media-sync in ServiceNow, 2 of 2: a script action for the event crm_media_sync.send.
 *
 * It sends what servicenow-business-rule.js put into the event (parm1), signed by Standard Webhooks.
 * After 429, 5xx, no answer or an error of its own it puts the event back with a longer wait each time
 * (parm2 counts the tries); any other refusal is final. What is given up stands in the system log.
 *
 * System properties:
 *   crm_media_sync.endpoint.<table>   https://<your endpoint>/webhooks/<source>
 *   crm_media_sync.credential_alias   sys_id of the alias of a credential whose password is the secret
 */
(function send(event) {
  var waitMinutes = [1, 2, 5, 10, 30, 60, 120, 240];
  var tries = Number(String(event.parm2));
  var facts = JSON.parse(String(event.parm1));
  var name = facts[1] + ' ' + facts[2] + ' ' + facts[4];
  var status = 0;
  var reason = '';
  try {
    var endpoint = String(gs.getProperty('crm_media_sync.endpoint.' + facts[0], ''));
    var alias = String(gs.getProperty('crm_media_sync.credential_alias', ''));
    if (endpoint === '' || alias === '') throw new Error('a system property is not set');
    var credential = new sn_cc.StandardCredentialsProvider().getCredentialByAliasID(alias);
    var key = String(credential.getAttribute('password')).replace(/^whsec_/, '');

    // Plain ASCII, so that what is signed and what is sent are the same bytes in any encoding.
    var body = JSON.stringify({
      schema: 'servicenow-record/1',
      operation: facts[1],
      sys_id: facts[2],
      number: facts[3],
      sys_mod_count: facts[4],
      sys_updated_on: facts[5].replace(' ', 'T') + 'Z',
      sid: facts[6],
      previous_sid: facts[7],
    }).replace(/[\u007f-\uffff]/g, function (character) {
      return '\\u' + ('000' + character.charCodeAt(0).toString(16)).slice(-4);
    });
    // The same for every try, as Standard Webhooks wants it; the time is that of the try.
    var id = 'msg_' + name.split(' ').join('_');
    var timestamp = String(Math.floor(new GlideDateTime().getNumericValue() / 1000));
    var signed = id + '.' + timestamp + '.' + body;
    var mac = new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', signed);

    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(endpoint);
    request.setHttpMethod('post');
    request.setHttpTimeout(20000);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('webhook-id', id);
    request.setRequestHeader('webhook-timestamp', timestamp);
    request.setRequestHeader('webhook-signature', 'v1,' + mac);
    request.setRequestBody(body);
    var response = request.execute();
    status = Number(response.getStatusCode());
    if (status >= 200 && status < 300) return;
    // The endpoint says which field is wrong and what to do; it quotes no values.
    reason = 'status ' + status + ' ' + String(response.getBody()).slice(0, 500);
  } catch (error) {
    reason = String(error);
  }

  var isFinal = status >= 300 && status < 500 && status !== 429;
  if (isFinal || tries >= waitMinutes.length) {
    gs.error('crm-media-sync gave up {0}: {1}', name, reason);
    return;
  }
  gs.warn('crm-media-sync will try {0} again: {1}', name, reason);
  var due = new GlideDateTime();
  due.addSeconds(waitMinutes[tries] * 60);
  gs.eventQueueScheduled('crm_media_sync.send', null, String(event.parm1), String(tries + 1), due);
})(event);
