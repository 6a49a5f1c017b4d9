// Starts the app in its own page. A file of its own, so that the page's Content-Security-Policy can forbid inline scripts.
//
// What to load is what index.html preloads: its links carry the names and digests.
const module = document.querySelector("link[rel=modulepreload]");
const wasm = document.querySelector("link[rel=preload][href$='.wasm']");
const root = document.getElementById("app");

try {
  // The same request as the preload's, so that the browser answers it with that one.
  const program = fetch(wasm.href, { integrity: wasm.integrity });
  // A failure of the import must not leave this one's unhandled.
  program.catch(() => {});
  const { default: start, open } = await import(module.href);
  await start({ module_or_path: program });
  open(root);
} catch (error) {
  // Never markup: these are the browser's words.
  const words = document.createElement("p");
  words.className = "boot";
  words.setAttribute("role", "alert");
  words.textContent = `RootCause Admin could not be loaded: ${error.message} Reload the page to try again.`;
  root.replaceChildren(words);
}
