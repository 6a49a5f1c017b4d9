// The app in a React page (React 19 passes attributes and events of custom elements on as they are).
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Portal() {
  const [shown, setShown] = useState(true);
  const [route, setRoute] = useState("/");
  const [phase, setPhase] = useState("");
  return (
    <main>
      <button onClick={() => setShown(!shown)}>{shown ? "Hide" : "Show"}</button>
      <button onClick={() => setRoute("/users")}>Users</button>
      <p aria-label="Phase">{phase}</p>
      {shown && (
        <rootcause-admin
          api-base="../"
          route={route}
          onphase-changed={({ detail }) => setPhase(`${detail.phase} ${detail.version}`)}
        />
      )}
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Portal />);
