import type { Element, ReactLike } from './flex.ts';

interface Panel {
  element: Element;
  /** @throws Error if Flex does not show its main container */
  open(url: URL): void;
}

/** The part of the browser's `document` that the panel uses. */
declare const document: { activeElement: { focus?(): void } | null };

/**
 * A panel at the right side of Flex that shows a ticket in a frame. It takes the focus when it opens, and gives it
 * back when it closes. The frame cannot navigate Flex to another page.
 */
export function createPanel({ createElement, Component }: ReactLike): Panel {
  let show: ((url: URL | undefined) => void) | undefined;

  class TicketPanel extends Component<object, { url?: URL | undefined }> {
    override state: { url?: URL | undefined } = {};
    focused: typeof document.activeElement = null;

    componentDidMount(): void {
      show = (url) => {
        this.focused = this.state.url === undefined ? document.activeElement : this.focused;
        this.setState({ url });
      };
    }

    componentWillUnmount(): void {
      show = undefined;
    }

    render(): Element | null {
      const { url } = this.state;
      if (url === undefined) return null;
      const title = `Ticket on ${url.host}`;
      const close = () => {
        this.setState({ url: undefined });
        this.focused?.focus?.();
      };
      return createElement(
        'aside',
        {
          key: url.href,
          'aria-label': title,
          style: panelStyle,
          onKeyDown: ({ key }: { key: string }) => key === 'Escape' && close(),
        },
        createElement(
          'div',
          { style: headerStyle },
          createElement('strong', { style: { flex: 1 } }, title),
          createElement('a', { ...newTab, href: url.href }, 'Open in a new tab'),
          createElement('button', { type: 'button', autoFocus: true, onClick: close }, 'Close'),
        ),
        createElement('iframe', {
          src: url.href,
          title,
          sandbox,
          referrerPolicy: 'no-referrer',
          style: { flex: 1, border: 0 },
        }),
      );
    }
  }

  return {
    element: createElement(TicketPanel, { key: 'crm-ticket' }),
    open: (url) => {
      if (show === undefined) throw new Error('The panel is not on the page');
      show(url);
    },
  };
}

/** The attributes of a link that opens a new page. That page cannot reach Flex. */
export const newTab = { target: '_blank', rel: 'noopener noreferrer' };

/** Allows all that a CRM may need. It does not allow to navigate Flex to another page. */
const sandbox =
  'allow-scripts allow-same-origin allow-forms allow-modals allow-downloads allow-popups allow-popups-to-escape-sandbox';

const panelStyle = {
  flex: '0 0 min(30rem, 50vw)',
  display: 'flex',
  flexDirection: 'column',
};
const headerStyle = { display: 'flex', gap: '1rem', padding: '.5rem 1rem' };
