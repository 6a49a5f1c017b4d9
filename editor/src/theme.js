// The app's own colours and sizes, which reach into a shadow root as custom properties: both themes at once.
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "var(--size-s)", minHeight: "8rem", maxHeight: "70vh" },
  "&, + p": { border: "1px solid var(--line-strong)", borderRadius: "var(--radius)" },
  "& + p": { border: "none", margin: "4px 0 0", fontSize: "var(--size-s)", color: "var(--text-soft)" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto", minHeight: "8rem" },
  ".cm-content": { caretColor: "var(--text)", minHeight: "8rem" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { color: "var(--text-soft)", backgroundColor: "var(--ground)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "transparent", boxShadow: "inset 0 0 0 1px var(--line)" },
  ".cm-foldGutter span": { fontSize: "0.9em" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": {
    backgroundColor: "var(--selected)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--hover)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-wash)", outline: "1px solid var(--warn)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selected)" },
  ".cm-foldPlaceholder": { color: "var(--text-soft)", backgroundColor: "var(--hover)", border: "1px solid var(--line)" },
  ".cm-panels": { color: "var(--text)", backgroundColor: "var(--ground)", borderColor: "var(--line)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-textfield": { color: "var(--text)", backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)" },
  ".cm-button": { color: "var(--text)", backgroundColor: "var(--hover)", backgroundImage: "none", border: "1px solid var(--line-strong)" },
  ".cm-tooltip": { color: "var(--text)", backgroundColor: "var(--raised)", border: "1px solid var(--line)", borderRadius: "var(--radius)", maxWidth: "min(32rem, 90vw)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--on-accent)", backgroundColor: "var(--accent-fill)" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: "0.8" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad-fill)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn-fill)" },
});

export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--warn)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--text-soft)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.labelName, tags.meta], color: "var(--busy)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--text-soft)" },
]);
