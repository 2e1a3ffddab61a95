import { createDrillDown, drillDownActions, readRules } from './drill-down.ts';
import { type FlexManager, type FlexUi, fieldsOf, type ReactLike } from './flex.ts';
import { createPanel } from './panel.ts';
import { createTicketsTab } from './tickets-tab.ts';

/** Flex UI sets this global before it loads plugins. */
declare const React: ReactLike;

/** The browser's `window`. */
declare const window: { open(url: string, target: string, features: string): unknown };

/** The plugin. Flex UI creates one, and calls `init` after a user has logged in. */
export class CrmMediaSyncPlugin {
  readonly name = 'crm-media-sync';

  init(flex: FlexUi, manager: FlexManager): void {
    const report = (problem: string) => console.warn(`crm-media-sync: ${problem}`);
    const settings = findSettings(manager);
    const rules = readRules(settings['drilldowns'], (problem) =>
      report(`ui_attributes.crm_media_sync.${problem}`),
    );

    const panel = createPanel(React);
    const handler = createDrillDown(
      rules,
      {
        tab: ({ href }) => void window.open(href, '_blank', 'noopener,noreferrer'),
        panel: panel.open,
        action: (name, { href }) => flex.Actions.invokeAction(name, { url: href }),
      },
      report,
    );
    for (const action of drillDownActions) flex.Actions.replaceAction(action, handler);
    if (rules.some(({ open }) => open === 'panel')) {
      flex.MainContainer.Content.add(panel.element, { sortOrder: 1000, align: 'end' });
    }

    if (settings['tickets_tab'] === false) return;
    const key = 'crm-tickets';
    const tickets = React.createElement(flex.withTaskContext(createTicketsTab(React)), { key });
    flex.TaskCanvasTabs.Content.add(
      React.createElement(flex.Tab, { key, label: 'Tickets', uniqueName: key }, tickets),
    );
  }
}

/**
 * A Flex that Twilio hosts has the `ui_attributes` in its configuration too. A Flex on another host has its
 * `appConfig` there.
 */
function findSettings({ configuration, serviceConfiguration }: FlexManager) {
  return fieldsOf(
    fieldsOf(configuration)['crm_media_sync'] ??
      fieldsOf(fieldsOf(serviceConfiguration)['ui_attributes'])['crm_media_sync'],
  );
}
