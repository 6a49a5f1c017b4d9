// The YAML editor: CodeMirror in a shadow root, spoken to in JSON texts. Loaded when an editor first opens.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { candidates } from "./complete.js";
import { colours, theme } from "./theme.js";
import { locate, read, write } from "./yaml.js";

// Marks changes that the app makes itself, of which it need not be told.
const ours = Annotation.define();

// Typing over a selection: left to itself Chromium keeps the colours of what was there in an inline style, which the
// page's Content-Security-Policy forbids.
const typedOver = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    if (event.inputType !== "insertText" || event.isComposing || !event.data || view.state.readOnly) return false;
    if (view.state.selection.ranges.every((it) => it.empty)) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** The editor in `host`. `changed` is called with the text after each change that the user makes. */
function mount(host, label, text, readOnly, changed) {
  // In a shadow root CodeMirror's styles are adopted style sheets, which the page's Content-Security-Policy allows.
  const root = host.attachShadow({ mode: "open" });
  const hint = document.createElement("p");
  hint.id = "hint";
  hint.textContent = readOnly ? "Read only." : "Esc, then Tab, leaves the editor. Ctrl-Space completes.";
  let schema = null;

  const complete = (context) => {
    const found = candidates(context.state.doc.toString(), context.pos, schema);
    if (!found || (!context.explicit && found.from === context.pos)) return null;
    const options = found.options.map(({ label, apply, detail, info }) => ({
      label,
      apply,
      ...(detail ? { detail } : {}),
      ...(info ? { info } : {}),
    }));
    return { from: found.from, options, validFor: /^[\w.-]*$/ };
  };

  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: true }),
        autocompletion({ override: [complete] }),
        yaml(),
        syntaxHighlighting(colours),
        theme,
        EditorView.lineWrapping,
        typedOver,
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": "hint", spellcheck: "false" }),
        // Escape, then Tab, leaves: CodeMirror's own rule for editors that take Tab.
        keymap.of([...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          const theirs = update.transactions.some((it) => it.docChanged && !it.annotation(ours));
          if (theirs) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  root.append(hint);

  const now = () => view.state.doc.toString();
  const replace = (next) => {
    const before = now();
    if (next === before) return;
    // Only what differs, so that cursor and folds stay where they are.
    const shorter = Math.min(next.length, before.length);
    let head = 0;
    while (head < shorter && next[head] === before[head]) head += 1;
    let tail = 0;
    while (tail < shorter - head && next.at(-1 - tail) === before.at(-1 - tail)) tail += 1;
    const changes = { from: head, to: before.length - tail, insert: next.slice(head, next.length - tail) };
    view.dispatch({ changes, annotations: ours.of(true) });
  };

  return {
    text: now,
    /** Makes the text say this value, with as little change as possible. */
    setValue: (value) => replace(write(now(), JSON.parse(value))),
    /** The schema that completion follows; `null` for none. */
    setSchema: (json) => {
      schema = JSON.parse(json);
    },
    /**
     * Marks problems: `[{path, message, severity}]` or, for errors of the text itself, `[{line, column, message,
     * severity}]`. Gives their places, `[{line, column}]`.
     */
    setProblems: (json) => {
      const problems = JSON.parse(json);
      const found = locate(now(), problems.map((it) => it.path ?? []));
      const doc = view.state.doc;
      const places = problems.map((it, index) => {
        if (it.path) return found[index];
        const line = doc.line(Math.min(Math.max(it.line, 1), doc.lines));
        const from = Math.min(line.from + it.column - 1, line.to);
        return { from, to: line.to, line: it.line, column: it.column };
      });
      const marks = places.map(({ from, to }, index) => ({
        from: Math.min(from, doc.length),
        to: Math.min(Math.max(from, to), doc.length),
        severity: problems[index].severity,
        message: problems[index].message,
      }));
      view.dispatch(setDiagnostics(view.state, marks));
      return JSON.stringify(places.map(({ line, column }) => ({ line, column })));
    },
    /** Puts the cursor there and shows it. */
    select: (line, column) => {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(at.from + column - 1, at.to) }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

export default {
  mount,
  read: (text) => JSON.stringify(read(text)),
  write: (text, value) => write(text, JSON.parse(value)),
};
