/**
 * The parts of Flex UI 2.x and 1.x, and of React 16 and later, that the plugin uses. Flex UI provides them as
 * globals. The contract test compares these types with those of `@twilio/flex-ui`.
 */
export interface FlexUi {
  Actions: {
    replaceAction(name: string, handler: ReplacedAction): void;
    invokeAction(name: string, payload?: unknown): Promise<unknown>;
  };
  MainContainer: { Content: ContentStore };
  TaskCanvasTabs: { Content: ContentStore };
  Tab: Component<{ label: string; uniqueName: string }>;
  /** Passes the current Task to a component, as `props.task`. */
  withTaskContext(component: Component<TaskProps>): Component<never>;
}

/** `original` is Flex's own handler. `next` is the handler of the plugin before this one, if Flex has one. */
export type ReplacedAction = (
  payload: unknown,
  original: Handler,
  next?: Handler,
) => Promise<unknown>;

type Handler = (payload: unknown) => Promise<unknown>;

interface ContentStore {
  add(element: Element, options?: { sortOrder?: number; align?: 'start' | 'end' }): void;
}

/** The settings of an account in Flex. The account's `ui_attributes` are in both fields. */
export interface FlexManager {
  configuration: unknown;
  serviceConfiguration: unknown;
}

export interface TaskProps {
  task?: { attributes: unknown } | undefined;
}

/** The part of React that the plugin uses. It has no hooks, because Flex UI 1.x has React 16.5. */
export interface ReactLike {
  createElement(
    type: string | Component<never>,
    props: object | null,
    ...children: Child[]
  ): Element;
  Component: new <Props, State>(props: Props) => BaseComponent<Props, State>;
}

interface BaseComponent<Props, State> {
  readonly props: Readonly<Props>;
  state: Readonly<State>;
  setState(state: Partial<State>, then?: () => void): void;
}

type Component<Props> =
  | ((props: Props) => Element)
  | (new (
      props: Props,
    ) => { render(): Element | null });

/** A React element. */
export interface Element {
  readonly type: unknown;
}

type Child = Element | string | null | readonly Child[];

/** The members of an object from Flex. Empty if the value is not an object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
