// Flex UI as far as the plugin meets it, in the shapes of Flex UI 2.17: how it starts a plugin, chains replaced
// actions, and renders what plugins add. Runs in the page.
const { createElement } = React;
const stores = { MainContainer: [], TaskCanvasTabs: [] };
const actions = new Map();
const replaced = new Map();
const played = [];
let task;

const contentOf = (name) => ({ Content: { add: (element) => stores[name].push(element) } });
const Actions = {
  registerAction: (name, action) => actions.set(name, action),
  replaceAction: (name, handler) => replaced.set(name, [...(replaced.get(name) ?? []), handler]),
  invokeAction: (name, payload) => {
    const handlers = replaced.get(name) ?? [];
    const original = actions.get(name);
    const call = (at, value) =>
      at < 0 ? original(value) : handlers[at](value, original, (next) => call(at - 1, next));
    return call(handlers.length - 1, payload);
  },
};
Actions.registerAction('HistoricalReportingView', async (url) => void played.push(url));

window.Twilio = {
  Flex: {
    Actions,
    MainContainer: contentOf('MainContainer'),
    TaskCanvasTabs: contentOf('TaskCanvasTabs'),
    Tab: ({ label, children }) =>
      createElement('div', { role: 'tabpanel', 'aria-label': label }, children),
    withTaskContext: (Inner) => (props) => createElement(Inner, { ...props, task }),
    Plugins: {
      init: (Plugin) => {
        if (document.currentScript.getAttribute('uuid') === null) throw new Error('no uuid');
        const manager = {
          configuration: {},
          serviceConfiguration: { ui_attributes: window.uiAttributes },
        };
        new Plugin().init(window.Twilio.Flex, manager);
      },
    },
  },
};

window.render = (attributes) => {
  task = { attributes };
  const drill = (url) => () => Actions.invokeAction('HistoricalReportingView', url);
  const reports = window.links.map((url) =>
    createElement('button', { key: url, onClick: drill(url) }, url),
  );
  const row = { style: { display: 'flex', height: '100vh' } };
  const main = createElement('main', { style: { flex: 1 } }, reports, stores.TaskCanvasTabs);
  ReactDOM.render(
    createElement('div', row, main, stores.MainContainer),
    document.getElementById('flex'),
  );
};
