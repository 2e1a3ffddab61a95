import { fieldsOf, type ReplacedAction } from './flex.ts';

/** The hosts of tickets, and how a drill-down on one of them opens. */
type Rule = { hosts: readonly string[] } & Opening;

type Opening = { open: 'tab' | 'panel' } | { open: 'action'; action: string };

/** The three ways in which a ticket opens. */
interface Openers {
  tab(url: URL): void;
  panel(url: URL): void;
  /** Invokes the Flex action of another plugin with the URL. */
  action(name: string, url: URL): Promise<unknown>;
}

/** The action of a drill-down in Flex UI 2.x, and in 1.x. */
export const drillDownActions = ['HistoricalReportingView', 'HistoricalReporting:view'];

/**
 * The handler of drill-downs. A link of a `Raw` item opens by its rule. All other drill-downs go to the next
 * handler or to Flex's own. So does a link that could not be opened. The handler awaits nothing before the ticket
 * opens: a browser blocks a new tab that does not come directly from the click.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export function createDrillDown(
  rules: readonly Rule[],
  openers: Openers,
  report: (problem: string) => void,
): ReplacedAction {
  return async (payload, original, next = original) => {
    try {
      const url = ticketUrl(payload);
      const rule = rules.find(({ hosts }) => url !== undefined && hosts.includes(url.host));
      if (url !== undefined && rule !== undefined) return await open(rule, url, openers);
    } catch (error) {
      report(`a drill-down was not opened by its rule: ${error}`);
    }
    return next(payload);
  };
}

/**
 * Reads the rules from the settings. A rule with an error is left out, so Flex itself opens its links.
 * @param report gets one sentence for each error: it names the field and the fix
 */
export function readRules(value: unknown, report: (problem: string) => void): readonly Rule[] {
  const list = [value ?? []].flat();
  return list.flatMap((each, at) => {
    const rule = readRule(fieldsOf(each));
    if (rule === undefined) report(`drilldowns[${at}] ${ruleForm}`);
    return rule ?? [];
  });
}

const ruleForm =
  'must have hosts like ["acme.zendesk.com"], and open: "tab", "panel", or "action" with the name of a Flex action.';

/** A host in the form of a browser: lower case, with its port if that is not 443. */
const plainHost = /^[a-z0-9.-]+(:\d+)?$/;

function readRule({ hosts, open, action }: ReturnType<typeof fieldsOf>): Rule | undefined {
  if (!Array.isArray(hosts) || !hosts.every((host) => plainHost.test(host))) return undefined;
  if (open === 'tab' || open === 'panel') return { hosts, open };
  return open === 'action' && typeof action === 'string' ? { hosts, open, action } : undefined;
}

function open(rule: Rule, url: URL, openers: Openers): unknown {
  return rule.open === 'action' ? openers.action(rule.action, url) : openers[rule.open](url);
}

/**
 * The URL of a payload, if a rule may open it. It must be https, without user name and password, and not one of
 * Twilio's. Flex plays a segment from two forms of URL. The older form can have any host.
 */
function ticketUrl(payload: unknown): URL | undefined {
  if (typeof payload !== 'string' || !URL.canParse(payload)) return undefined;
  const url = new URL(payload);
  const isTwilios =
    /(^|\.)(twilio|ytica)\.com$/.test(url.hostname) || url.pathname.includes('player/segment/');
  const isPlain = url.protocol === 'https:' && url.username === '' && url.password === '';
  return isPlain && !isTwilios ? url : undefined;
}
