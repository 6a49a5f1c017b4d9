// Answers that are errors or come from somebody else, to each kind of request, one after another on one open page.
import { both, type Fault, is, type Line, refusal, SIGN_IN } from "../line.ts";
import { connection, expect, fault, mark, section, sentence, shared, type Locator, type Page } from "../test.ts";

const INSTALLATIONS = "rootcauseinstallations";

/** An answer, how the page calls it, and whether it leaves open if a write was carried out. */
interface Answer {
  fault: Fault;
  says: string;
  open?: boolean;
}

const SIGNED_OUT: Record<string, Answer> = {
  401: { fault: refusal(401, "Unauthorized", "Unauthorized"), says: "You are not signed in, or no longer." },
  "a sign-in page with 200": { fault: SIGN_IN, says: "A sign-in page answered in place of the API server.", open: true },
};

const forbidden = `${INSTALLATIONS}.platform.rootcause.dev "rootcause" is forbidden: User "ana" cannot patch resource "${INSTALLATIONS}" in API group "platform.rootcause.dev" in the namespace "n"`;

const ANSWERS: Record<string, Answer> = {
  403: { fault: refusal(403, "Forbidden", forbidden), says: "You may not patch" },
  404: { fault: refusal(404, "NotFound", "the server could not find it"), says: "The API server has no such object." },
  410: { fault: refusal(410, "Expired", "too old resource version"), says: "The API server no longer has that state." },
  422: { fault: refusal(422, "Invalid", "spec.version: Invalid value"), says: "The API server refused it, because it breaks a rule." },
  "429 with Retry-After": {
    fault: refusal(429, "TooManyRequests", "too many", { "retry-after": "3" }),
    says: "The API server is asked too often.",
  },
  500: { fault: refusal(500, "InternalError", "etcdserver: leader changed"), says: "The API server failed.", open: true },
  503: { fault: { does: "answer", status: 503, headers: { "content-type": "text/plain" }, body: "no healthy upstream" }, says: "no healthy upstream", open: true },
  "another content type": {
    fault: { does: "answer", status: 200, headers: { "content-type": "text/plain" }, body: "{}" },
    says: "Something other than a Kubernetes API answered.",
    open: true,
  },
  ...SIGNED_OUT,
};

const CONFLICT = refusal(409, "Conflict", "the object has been modified");

const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  const availableVersions = ["0.1.20", "0.1.16", "0.1.15"].map((version) => ({ version }));
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1, availableVersions });
});

const state = () => {
  const { spec, metadata } = it().rig.installation();
  return { version: spec.version, generation: metadata.generation, requests: it().rig.requests().length };
};

const write = both(is.write, is.of(INSTALLATIONS));
const dryRun = both(is.dryRun, is.of(INSTALLATIONS));

/** An open page behind a line of its own; the sign-in that opens over it is put aside. */
async function open(page: Page, reuse = false): Promise<Line> {
  const line = await it().rig.line(it().proxy);
  line.reuse = reuse;
  const signIn = page.getByRole("dialog", { name: "You are signed out" });
  // It may close by itself first.
  const close = () => signIn.getByRole("button", { name: "Close" }).click({ timeout: 2000 }).catch(() => {});
  await page.addLocatorHandler(signIn, close, { noWaitAfter: true });
  await page.goto(`${line.url}#/releases`);
  await expect(section(page, "Versions")).toBeVisible();
  return line;
}

/** Opens the review of 0.1.16, whatever comes of it. */
async function ask(page: Page): Promise<Locator> {
  await page.getByRole("radio", { name: "Choose 0.1.16", exact: true }).check();
  await page.getByRole("button", { name: "Request upgrade", exact: true }).click();
  return page.getByRole("dialog", { name: /^Review the / });
}

const send = (dialog: Locator) => dialog.getByRole("button", { name: "Request upgrade to 0.1.16" }).click();

/** Makes 0.1.16 an upgrade again. */
function reset(): void {
  it().rig.patch({ spec: { version: "0.1.15" } });
}

fault(
  "401, 403, 404, 409, 410, 422, 429, 500, 503, a sign-in page with 200, another content type",
  "dry run",
  "The review says what happened in the server's words and that nothing was changed; reviewed again it stands. A 409 is judged again unasked.",
  async ({ page }) => {
    reset();
    const line = await open(page);
    const [before, kept] = [state(), await mark(page)];
    for (const [name, answer] of Object.entries(ANSWERS)) {
      const rule = line.fault(dryRun, answer.fault);
      const dialog = await ask(page);
      const told = dialog.getByRole("alert").filter({ hasText: "Nothing was changed." });
      await expect(told, name).toContainText(answer.says);
      expect(rule.met, name).toHaveLength(1);
      await dialog.getByRole("button", { name: "Review again" }).click();
      await expect(dialog.getByRole("list", { name: "Changes" }), name).toContainText("0.1.15 → 0.1.16");
      await dialog.getByRole("button", { name: "Cancel" }).click();
    }
    const rule = line.fault(dryRun, CONFLICT);
    await expect((await ask(page)).getByRole("list", { name: "Changes" })).toContainText("0.1.15 → 0.1.16");
    expect(rule.met).toHaveLength(1);
    expect(state()).toEqual(before);
    await kept();
  },
);

fault(
  "401, 403, 404, 409, 410, 422, 429, 500, 503, a sign-in page with 200, another content type",
  "write that does not arrive",
  "Said to have changed nothing, after reading back where the answer leaves that open. A 409 in which nothing that was meant has changed is written on what is there now, once.",
  async ({ page }) => {
    reset();
    const line = await open(page);
    const before = state();
    for (const [name, answer] of Object.entries(ANSWERS)) {
      const dialog = await ask(page);
      await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
      const rule = line.fault(write, answer.fault);
      await send(dialog);
      const told = dialog.getByRole("alert").filter({ hasText: "Nothing was changed." });
      await expect(told, name).toContainText(answer.says);
      expect(rule.met, name).toHaveLength(1);
      expect(state(), name).toEqual(before);
      await dialog.getByRole("button", { name: "Cancel" }).click();
    }
    const dialog = await ask(page);
    await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
    line.fault(write, CONFLICT);
    await send(dialog);
    await expect(dialog).toBeHidden();
    expect(state()).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });
  },
);

fault(
  "500, 503, a sign-in page with 200, another content type, a reset, a cut",
  "write that arrives and whose answer is lost",
  "Read back and found to have arrived: done, once. So it is where the browser itself sends again what was reset.",
  async ({ page }) => {
    const line = await open(page);
    const kept = await mark(page);
    const answers = Object.values(ANSWERS).filter((it) => it.open);
    const lost: [Fault, boolean][] = [
      ...answers.map(({ fault }): [Fault, boolean] => [{ ...fault, forwarded: true } as Fault, false]),
      [{ does: "reset", forwarded: true }, false],
      [{ does: "reset", forwarded: true }, true],
      [{ does: "cut", at: 0.5 }, false],
      [{ does: "resetAfter" }, false],
    ];
    for (const [fault, reuse] of lost) {
      const name = JSON.stringify({ ...fault, reuse });
      reset();
      const before = state();
      line.reuse = reuse;
      const dialog = await ask(page);
      await expect(dialog.getByRole("list", { name: "Changes" }), name).toContainText("0.1.15 → 0.1.16");
      const rule = line.fault(write, fault);
      await send(dialog);
      await expect(dialog, name).toBeHidden();
      expect(rule.met, name).toHaveLength(1);
      expect(state(), name).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });
    }
    await kept();
  },
);

fault(
  "each of these, a reset, a body cut within a character, one after another",
  "get that reads a lost write back",
  "The request stays locked and says what it waits for, until the API server itself has said what became of it. Where it refuses to say, so does the page.",
  async ({ page }) => {
    reset();
    const line = await open(page);
    const before = state();
    const dialog = await ask(page);
    await expect(dialog.getByRole("list", { name: "Changes" })).toBeVisible();
    const get = both(is.get, is.of(INSTALLATIONS));
    const passing = Object.entries(ANSWERS).filter(([name]) => name !== "403" && name !== "404");
    const faults: Fault[] = [
      ...passing.map(([, answer]) => answer.fault),
      { does: "reset", forwarded: false },
      { does: "reset", forwarded: true },
      { does: "cut", at: 0.7 },
    ];
    const rules = faults.map((fault) => line.fault(get, fault));
    line.fault(write, { does: "reset", forwarded: true });
    await send(dialog);
    await expect(dialog.getByRole("alert").filter({ hasText: "The answer was lost" })).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeDisabled();
    await expect(dialog).toBeHidden({ timeout: 60_000 });
    for (const [index, rule] of rules.entries()) expect(rule.met, JSON.stringify(faults[index])).toHaveLength(1);
    expect(state()).toEqual({ version: "0.1.16", generation: before.generation + 1, requests: before.requests + 1 });

    reset();
    const again = await ask(page);
    await expect(again.getByRole("list", { name: "Changes" })).toContainText("0.1.15 → 0.1.16");
    line.fault(get, ANSWERS[403].fault);
    line.fault(write, { does: "reset", forwarded: true });
    await send(again);
    const told = again.getByRole("alert").filter({ hasText: "what became of it cannot be read back" });
    await expect(told).toContainText("It may have been carried out.");
    await expect(again).not.toContainText("Nothing was changed.");
  },
);

fault(
  "401, 403, 404, 410, 422, 429, 500, 503, a sign-in page with 200, another content type, a cut body",
  "list and watch of the installation",
  "Listed again by itself, after as long as Retry-After asks; what was changed meanwhile is shown, without a reload.",
  async ({ page }) => {
    reset();
    const observedGeneration = it().rig.installation().metadata.generation;
    it().rig.patchStatus({ observedGeneration });
    const line = await open(page);
    const kept = await mark(page);
    await page.getByRole("link", { name: /^Status/ }).click();
    const list = both(is.list, is.of(INSTALLATIONS));
    const watch = both(is.watch, is.of(INSTALLATIONS));
    const faults: [string, Fault, Fault][] = [
      ...Object.entries(ANSWERS).map(([name, { fault }]): [string, Fault, Fault] => [name, fault, fault]),
      // A watch that is cut is taken up where it was. Only where none opens is the list read again.
      ["a cut body", { does: "cut", at: 0.5 }, { does: "reset", forwarded: false }],
    ];
    try {
      for (const [index, [name, ofList, ofWatch]] of faults.entries()) {
        const rules = [line.fault(list, ofList), line.fault(watch, ofWatch)];
        line.cut();
        it().rig.patchStatus({ phase: "Degraded", lastError: `state ${index}` });
        await expect(sentence(page), name).toHaveText(`Degraded: state ${index}.`);
        await expect.poll(() => rules.map((it) => it.met.length), { message: name }).toEqual([1, 1]);
        // Until an event has come over a new watch the next failure is waited for longer.
        const [{ at }] = rules[1].met;
        await expect.poll(() => line.asked.some((it) => watch(it) && it.at > at), { message: name }).toBe(true);
        it().rig.patchStatus({ phase: "Degraded", lastError: `heard ${index}` });
        await expect(sentence(page), name).toHaveText(`Degraded: heard ${index}.`);
        if (name === "429 with Retry-After") {
          const [first] = rules[0].met;
          const next = line.asked.find((it) => list(it) && it.at > first.at);
          expect((next?.at ?? 0) - first.at, name).toBeGreaterThanOrEqual(3000);
        }
      }
    } finally {
      it().rig.patchStatus({ phase: "Ready", lastError: null });
    }
    await expect(sentence(page)).toContainText("RootCause 0.1.15 is running");
    await expect(connection(page)).toHaveText("live");
    await kept();
  },
);
