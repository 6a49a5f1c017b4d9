// Secrets that are needed: created by their form, checked for their use; seen by people with fewer rights; and never
// anywhere else than where they were asked for.
import { expect, section, sentence, shared, test, Rig, type Page, type Proxy } from "../test.ts";

const b64 = (text: string) => Buffer.from(text).toString("base64");
const CERTIFICATE = "../../crates/domain/src/secrets/testdata/rsa.crt";
const KEY = "../../crates/domain/src/secrets/testdata/rsa.key";

/** An installation whose Deployment pulls with regcred and reads a password, behind an Ingress with TLS. */
function prepare(rig: Rig): void {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({
    phase: "Ready",
    deployedVersion: "0.1.15",
    observedGeneration: 1,
    requiredSecrets: [{ name: "regcred", keys: [".dockerconfigjson"], reason: "pulls the platform's images" }],
  });
  rig.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          imagePullSecrets: [{ name: "regcred" }],
          containers: [
            {
              name: "main",
              image: "registry.example/web:1",
              env: [{ name: "P", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }],
            },
          ],
        },
      },
    },
  });
  rig.apply({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web" },
    spec: {
      tls: [{ hosts: ["rootcause.example.com"], secretName: "web-tls" }],
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
    },
  });
}

const needs = (page: Page) => section(page, "Required").getByRole("list", { name: "Required secrets" }).getByRole("listitem");
const need = (page: Page, name: string) => needs(page).filter({ hasText: new RegExp(`^${name}`) });

test("each missing secret is made by the form that fits it", async ({ page, rig }) => {
  prepare(rig);
  await page.goto(`${(await rig.proxy()).url}#/secrets`);
  await expect(sentence(page)).toHaveText("3 required secrets are missing; web and rootcause wait for them.");
  const form = page.getByRole("dialog", { name: "Create a secret" });
  const create = async (name: string) => {
    await form.getByRole("button", { name: "Review…" }).click();
    const review = page.getByRole("dialog", { name: `Review the new secret ${name}` });
    await expect(review).toContainText(`kubectl create secret`);
    await review.getByRole("button", { name: `Create secret ${name}` }).click();
    await expect(form).toBeHidden();
    await expect(need(page, name)).toContainText("there");
  };

  await page.getByRole("button", { name: "Create regcred" }).click();
  await form.getByRole("textbox", { name: "Registry" }).fill("registry.example");
  await form.getByRole("textbox", { name: "User" }).fill("rig");
  await expect(form.getByRole("button", { name: "Review…" })).toHaveAccessibleDescription(
    "A registry, a user and a token are needed.",
  );
  await form.getByLabel("Token or password").fill("not-a-real-token");
  await create("regcred");

  await page.getByRole("button", { name: "Create web-tls" }).click();
  const file = (name: string, path: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(rig.file(path)) });
  await form.getByLabel("File for tls.crt").setInputFiles(file("tls.crt", CERTIFICATE));
  await form.getByLabel("File for tls.key").setInputFiles(file("tls.key", KEY));
  await create("web-tls");

  await page.getByRole("button", { name: "Create db" }).click();
  await form.getByRole("button", { name: "Generate a value for password" }).click();
  await create("db");
  await expect(sentence(page)).toHaveText(/all required ones are there\.$/);

  const read = (name: string) => JSON.parse(rig.kubectl(["get", "secret", name, "-o", "json"]));
  expect(read("regcred").type).toBe("kubernetes.io/dockerconfigjson");
  const config = JSON.parse(Buffer.from(read("regcred").data[".dockerconfigjson"], "base64").toString());
  expect(config.auths["registry.example"].auth).toBe(b64("rig:not-a-real-token"));
  expect(read("web-tls").data["tls.crt"]).toBe(b64(rig.file(CERTIFICATE)));
  await section(page, "Required").getByRole("button", { name: "Check values" }).click();
  for (const name of ["db", "regcred", "web-tls"]) await expect(need(page, name)).toContainText("there and fit");
});

test("every built-in type can be made, and comes back as it was", async ({ page, rig }) => {
  prepare(rig);
  await page.goto(`${(await rig.proxy()).url}#/secrets`);
  const types: [string, string[]][] = [
    ["Opaque", ["any"]],
    ["kubernetes.io/basic-auth", ["username", "password"]],
    ["kubernetes.io/ssh-auth", ["ssh-privatekey"]],
    ["kubernetes.io/dockercfg", [".dockercfg"]],
    ["bootstrap.kubernetes.io/token", ["token-id", "token-secret"]],
    ["kubernetes.io/service-account-token", []],
  ];
  const form = page.getByRole("dialog", { name: "Create a secret" });
  for (const [at, [type, keys]] of types.entries()) {
    const name = `made-${at}`;
    await page.getByRole("button", { name: "Create secret…" }).click();
    await form.getByRole("textbox", { name: "Name" }).fill(name);
    await form.getByRole("combobox", { name: "Type" }).selectOption(type);
    if (type === "Opaque") await form.getByRole("textbox", { name: "Key", exact: true }).fill("any");
    const value = type.endsWith("dockercfg") ? '{"registry.example":{}}' : " spaces and ünïcode\n";
    for (const key of keys) {
      await form.getByRole("textbox", { name: type === "Opaque" ? "Value of the new key" : `Value of ${key}` }).fill(value);
    }
    if (!keys.length) await form.getByRole("textbox", { name: "Service account" }).fill("default");
    await form.getByRole("button", { name: "Review…" }).click();
    await page.getByRole("button", { name: `Create secret ${name}` }).click();
    await expect(form).toBeHidden();
    const made = JSON.parse(rig.kubectl(["get", "secret", name, "-o", "json"]));
    expect(made.type).toBe(type);
    for (const key of keys) expect(made.data[key]).toBe(b64(value));
  }
});

test("values are checked for their use in one stated action", async ({ page, rig }) => {
  prepare(rig);
  const make = (name: string, type: string, data: Record<string, string>) =>
    rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name }, type, stringData: data });
  make("regcred", "kubernetes.io/dockerconfigjson", { ".dockerconfigjson": '{"auths":{"other.example":{"auth":"YTpi"}}}' });
  make("db", "Opaque", { password: "hunter2\n" });
  make("web-tls", "kubernetes.io/tls", {
    "tls.crt": rig.file(CERTIFICATE),
    "tls.key": rig.file("../../crates/domain/src/secrets/testdata/ec.key"),
  });
  await page.goto(`${(await rig.proxy()).url}#/secrets`);
  await expect(sentence(page)).toHaveText(/all required ones are there\.$/);
  await section(page, "Required").getByRole("button", { name: "Check values" }).click();
  await expect(need(page, "regcred")).toContainText("has no sign-in for registry.example, from which images are pulled");
  await expect(need(page, "db")).toContainText("ends with a line end");
  await expect(need(page, "web-tls")).toContainText("does not belong to the certificate");
  await expect(sentence(page)).toHaveText("3 required secrets do not fit their use; web and rootcause wait for them.");
  await expect(page.getByRole("main")).not.toContainText("hunter2");
});

test("a missing key is told without reading a value", async ({ page, rig }) => {
  prepare(rig);
  rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name: "db" }, stringData: { other: "hunter2" } });
  await page.goto(`${(await rig.proxy()).url}#/secrets`);
  await expect(need(page, "db")).toContainText("lacks the key password");
});

test.describe("rights", () => {
  const READ = ["get", "list", "watch"];
  const viewer = [
    { apiGroups: ["platform.rootcause.dev"], resources: ["rootcauseinstallations"], verbs: READ },
    { apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: READ },
    { apiGroups: [""], resources: ["pods", "events"], verbs: READ },
  ];
  const it = shared(async (rig) => {
    prepare(rig);
    rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name: "db" }, stringData: { password: "hunter2" } });
    rig.grant("viewer@example.com", viewer);
    const named = { apiGroups: [""], resources: ["secrets"], resourceNames: ["db"], verbs: ["get", "patch"] };
    rig.grant("named@example.com", [...viewer, named]);
  });
  const as = async (page: Page, user: string): Promise<Proxy> => {
    const proxy = await it().rig.proxy({ as: user });
    await page.goto(`${proxy.url}#/secrets`);
    return proxy;
  };

  test("who may see no secret is told so, and nothing is called fine or missing", async ({ page }) => {
    await as(page, "viewer@example.com");
    await expect(sentence(page)).toHaveText("Whether 2 required secrets are there is not known.");
    await expect(section(page, "All secrets")).toContainText("You may not list secrets in namespace");
    await expect(need(page, "db")).toContainText("not known: You may not get secrets named db");
    const create = page.getByRole("button", { name: "Create secret…" });
    await expect(create).toHaveAccessibleDescription(/You may not create secrets in namespace/);
  });

  test("who may see some by name sees and changes those", async ({ page }) => {
    await as(page, "named@example.com");
    await expect(need(page, "db")).toContainText("there");
    await expect(need(page, "regcred")).toContainText("not known");
    await page.getByRole("textbox", { name: "Name of a secret" }).fill("db");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    const panel = page.getByRole("dialog", { name: "Secret db" });
    await expect(panel.getByRole("button", { name: "Delete…" })).toHaveAccessibleDescription(
      /You may not delete secrets named db/,
    );
    await panel.getByRole("button", { name: "Edit password" }).click();
    await panel.getByRole("textbox", { name: "Value of password" }).fill("hunter3");
    await panel.getByRole("button", { name: "Review the change…" }).click();
    const review = page.getByRole("dialog", { name: "Review the change of db" });
    await expect(review.getByRole("checkbox", { name: "Restart Deployment web" })).toBeDisabled();
    await expect(review).toContainText("You may not patch deployments.apps named web");
    await review.getByRole("button", { name: "Write secret db", exact: true }).click();
    await expect(review).toBeHidden();
    expect(JSON.parse(it().rig.kubectl(["get", "secret", "db", "-o", "json"])).data.password).toBe(b64("hunter3"));
  });
});

test("a value is nowhere but where it was asked for", async ({ page, rig, context }) => {
  prepare(rig);
  const canary = "canary-7f3a9b1c";
  const traces = [canary, b64(canary)];
  rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name: "vault" }, data: { token: b64(canary) } });
  const leaks: string[] = [];
  const note = (where: string, text: string) => {
    if (traces.some((trace) => text.includes(trace))) leaks.push(where);
  };
  page.on("console", (message) => note(`console ${message.type()}`, message.text()));
  const pending: Promise<void>[] = [];
  page.on("request", (request) => note(`request ${request.method()} ${request.url()}`, `${request.url()} ${request.postData() ?? ""}`));
  page.on("response", (response) => {
    const read = response.body().then((body) => note(`answer to ${new URL(response.url()).pathname}`, body.toString("utf8")));
    pending.push(read.catch(() => undefined));
  });
  page.on("websocket", (socket) => socket.on("framereceived", (frame) => note(`socket ${socket.url()}`, frame.payload.toString())));
  const own = `answer to /api/v1/namespaces/${rig.namespace}/secrets/vault`;
  const seen = async () => {
    await Promise.all(pending);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.title, location.href]));
    note("storage, title or address", kept);
    note("page", await page.content());
    return [...new Set(leaks)];
  };

  const { url } = await rig.proxy();
  await page.goto(`${url}#/secrets`);
  await expect(page.getByRole("grid", { name: "Secrets" })).toContainText("vault");
  await page.getByRole("searchbox", { name: "Filter secrets" }).fill("vault");
  await section(page, "Required").getByRole("button", { name: "Check values" }).click();
  await page.getByRole("link", { name: "vault", exact: true }).click();
  const panel = page.getByRole("dialog", { name: "Secret vault" });
  await expect(panel.getByRole("button", { name: "Reveal token" })).toBeVisible();
  for (const name of ["Status", "Releases", "Bootstrap", "Users", "Troubleshooting"]) {
    await page.goto(`${url}#/${name === "Status" ? "" : name.toLowerCase()}`);
    await expect(page).toHaveTitle(new RegExp(`^${name}`));
  }
  expect(await seen()).toEqual([]);

  await page.goto(`${url}#/secrets/vault`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await panel.getByRole("button", { name: "Copy token" }).click();
  await expect(page.getByText("Copied the value of token.")).toBeVisible();
  expect(await seen()).toEqual([own]);
  await panel.getByRole("button", { name: "Reveal token" }).click();
  await expect(panel).toContainText(canary);
  await panel.getByRole("button", { name: "Hide token" }).click();
  await expect(panel).not.toContainText(canary);
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  expect(await seen()).toEqual([own]);
});

test("five thousand secrets", async ({ page, rig }) => {
  test.setTimeout(240_000);
  prepare(rig);
  const proxy = await rig.proxy();
  const api = `http://127.0.0.1:${proxy.port}/api/v1/namespaces/${rig.namespace}/secrets`;
  const names = Array.from({ length: 5000 }, (_, at) => `bulk-${String(at).padStart(4, "0")}`);
  const make = async (name: string) => {
    const body = JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name }, data: { key: b64("value") } });
    const answer = await fetch(api, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(answer.status).toBe(201);
    await answer.text();
  };
  const workers = Array.from({ length: 16 }, async (_, worker) => {
    for (let at = worker; at < names.length; at += 16) await make(names[at]);
  });
  await Promise.all(workers);

  await page.goto(`${proxy.url}#/secrets`);
  const grid = page.getByRole("grid", { name: "Secrets" });
  await expect(grid).toHaveAttribute("aria-rowcount", "5001");
  expect(await grid.getByRole("row").count()).toBeLessThan(80);
  await grid.getByRole("row").nth(1).focus();
  await page.keyboard.press("End");
  await expect(grid.getByRole("row", { name: /bulk-4999/ })).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(grid.getByRole("row", { name: /bulk-4998/ })).toBeFocused();
  // What the page's thread computes for each step of a long scroll, whatever else the machine does meanwhile.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return (metrics.find((it) => it.name === "TaskDuration")?.value ?? NaN) * 1000;
  };
  const before = await busy();
  await grid.evaluate(async (list) => {
    for (let step = 0; step < 60; step += 1) {
      list.scrollTop = (list.scrollHeight * step) / 60;
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    }
  });
  const step = Math.round((await busy()) - before) / 60;
  test.info().annotations.push({ type: "scroll", description: `a step of 83 rows takes ${step.toFixed(1)} ms of computing` });
  expect(step).toBeLessThan(100);
  await page.getByRole("searchbox", { name: "Filter secrets" }).fill("bulk-0042");
  await expect(grid).toHaveAttribute("aria-rowcount", "2");
  await grid.getByRole("row").nth(1).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Secret bulk-0042" })).toBeVisible();
});
