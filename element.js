// <rootcause-admin>: the app in an element of somebody else's page. docs/embedding.md describes it.
//
// One script with all JavaScript of the app in it; the build puts in the names and digests of the other files, which are in
// the same folder.
import start, { embed } from "app.js";

const PROGRAM = { name: "app.wasm", integrity: "" };
const STYLE = { name: "style.css", integrity: "" };

const address = (name) => new URL(name, import.meta.url).href;

/** The program, the same for every element; what could not be loaded is tried again by the next. */
let program;
function started() {
  program ??= start({ module_or_path: fetch(address(PROGRAM.name), { integrity: PROGRAM.integrity }) });
  program.catch(() => (program = undefined));
  return program;
}

/** Resolves when the style sheet is in place: before, the app would flash by without its looks. */
function styled(root) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address(STYLE.name);
  link.integrity = STYLE.integrity;
  link.crossOrigin = "anonymous";
  const loaded = new Promise((done, failed) => {
    link.addEventListener("load", done);
    link.addEventListener("error", () => failed(new Error("Its style sheet did not arrive.")));
  });
  root.append(link);
  return loaded;
}

/** The attributes under which the app is opened; another value of one of these opens it anew. */
const OPENS = ["api-base", "installation", "readonly"];

class RootCauseAdmin extends HTMLElement {
  static observedAttributes = [...OPENS, "route", "theme"];

  #app;
  /** Counts openings, so that one which has been overtaken ends. */
  #turn = 0;

  connectedCallback() {
    this.#open();
  }

  disconnectedCallback() {
    this.#close();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    if (OPENS.includes(name)) this.#open();
    else if (name === "route") this.#app?.go(now ?? "");
    else this.#app?.theme(now ?? "system");
  }

  async #open() {
    this.#close();
    const turn = this.#turn;
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const root = document.createElement("div");
    root.className = "embedded";
    shadow.replaceChildren();
    try {
      await Promise.all([started(), styled(shadow)]);
      if (turn !== this.#turn) return;
      shadow.append(root);
      const text = (name) => this.getAttribute(name) ?? undefined;
      this.#app = embed(root, this, {
        base: address("./"),
        apiBase: text("api-base"),
        installation: text("installation"),
        route: text("route"),
        theme: text("theme"),
        readonly: this.hasAttribute("readonly"),
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      // Never markup: these are the browser's words.
      root.setAttribute("role", "alert");
      root.textContent = `RootCause Admin could not be loaded: ${error.message} Reload the page to try again.`;
      shadow.append(root);
    }
  }

  #close() {
    this.#turn++;
    this.#app?.close();
    this.#app?.free();
    this.#app = undefined;
  }
}

// A page may name the script twice.
if (!customElements.get("rootcause-admin")) customElements.define("rootcause-admin", RootCauseAdmin);
