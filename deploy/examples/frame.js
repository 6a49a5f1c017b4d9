// The app in a frame. `?app=` is its address; its config.json names this page's origin in `framedBy`.
const app = new URL(new URLSearchParams(location.search).get("app"));
const frame = document.querySelector("iframe");
const list = document.querySelector("ol");

addEventListener("message", ({ origin, data }) => {
  if (origin !== app.origin || data?.source !== "rootcause-admin") return;
  const { source, type, ...detail } = data;
  const line = document.createElement("li");
  line.textContent = `${type}: ${Object.values(detail).join(" ")}`;
  list.append(line);
});

const say = (message) => frame.contentWindow.postMessage({ target: "rootcause-admin", ...message }, app.origin);
document.querySelector("#users").addEventListener("click", () => say({ type: "navigate", route: "/users" }));
document.querySelector("#dark").addEventListener("click", () => say({ type: "theme", theme: "dark" }));
frame.src = app.href;
