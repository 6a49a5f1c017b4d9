/** The installation's element, as `rootcause-admin.js` defines it. docs/embedding.md describes it. */
export interface RootCauseAdminElement extends HTMLElement {
  addEventListener<K extends keyof RootCauseAdminEvents>(
    type: K,
    listener: (this: RootCauseAdminElement, event: RootCauseAdminEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** What the element tells. Its events bubble. */
export interface RootCauseAdminEvents {
  /** The user has gone to another place of the app: `#/releases`. */
  navigated: CustomEvent<{ route: string }>;
  /** The installation is in another phase or of another version: `Ready`, `0.1.18`. */
  "phase-changed": CustomEvent<{ phase: string; version: string }>;
  /** Something was written, or refused: `PATCH /apis/…`, `200 done`. */
  "action-done": CustomEvent<{ request: string; result: string }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "rootcause-admin": RootCauseAdminElement;
  }
}
