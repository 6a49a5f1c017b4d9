// Notes what the app's elements tell, each event as one line.
const list = document.querySelector("ol");
for (const element of document.querySelectorAll("rootcause-admin")) {
  for (const name of ["navigated", "phase-changed", "action-done"]) {
    element.addEventListener(name, ({ detail }) => {
      const line = document.createElement("li");
      line.textContent = `${element.id} ${name}: ${Object.values(detail).join(" ")}`;
      list.append(line);
    });
  }
}
