// The smoke test after a version change: by itself, kept with the operation, and what failed is named.
import { createServer, type Server } from "node:http";
import { networkInterfaces } from "node:os";
import { readFileSync } from "node:fs";
import { expect, review, section, sentence, test, type Locator, type Page } from "../test.ts";

const smoke = (page: Page) => section(page, "Smoke test");

function item(page: Page, title: string): Locator {
  const list = smoke(page).getByRole("list", { name: "Smoke test" });
  return list.getByRole("listitem").filter({ has: page.getByText(title, { exact: true }) });
}

async function change(page: Page, version: string): Promise<void> {
  const dialog = await review(page, version);
  await dialog.getByRole("button", { name: `Request upgrade to ${version}` }).click();
  await expect(dialog).toBeHidden();
}

/** A server that the API server can reach as an endpoint of a service: not at the loopback address. */
async function endpoint(): Promise<{ server: Server; address: string; port: number } | undefined> {
  const addresses = Object.values(networkInterfaces()).flat();
  const address = addresses.find((it) => it && it.family === "IPv4" && !it.internal)?.address;
  if (!address) return undefined;
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0];
    response.writeHead(path === "/health" ? 200 : 500, { "content-type": "text/plain" }).end("hello");
  });
  await new Promise<void>((done) => server.listen(0, address, done));
  const at = server.address();
  return { server, address, port: typeof at === "object" && at ? at.port : 0 };
}

test("an upgrade that went well is tested by itself, once, and the result stays with it", async ({ page, rig, another }) => {
  test.setTimeout(120_000);
  await rig.install("0.1.16");
  const served = await endpoint();
  if (!served) throw new Error("this machine has no address but the loopback one");
  const metadata = { name: "probe" };
  rig.apply({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "main", port: 80 }] } });
  // The API server proxies to pods alone: one that no node takes, at the server's address.
  const containers = [{ name: "probe", image: "registry.example/probe:1" }];
  rig.apply({ apiVersion: "v1", kind: "Pod", metadata, spec: { schedulerName: "nobody", containers } });
  const status = { podIP: served.address, podIPs: [{ ip: served.address }] };
  rig.kubectl(["patch", "pod", "probe", "--subresource", "status", "--type", "merge", "-p", JSON.stringify({ status })]);
  const targetRef = { kind: "Pod", name: "probe", namespace: rig.namespace };
  const addresses = [{ ip: served.address, targetRef }];
  const subsets = [{ addresses, ports: [{ name: "main", port: served.port }] }];
  rig.apply({ apiVersion: "v1", kind: "Endpoints", metadata, subsets });
  try {
    const { url } = await rig.proxy({ config: { smoke: { llm: "probe:main/health", data: "probe:main/broken" } } });
    await page.goto(url);
    await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
    await change(page, "0.1.20");
    await rig.phase("Ready", "0.1.20");
    await expect(item(page, "All pods running and ready")).toContainText("passed", { timeout: 60_000 });
    for (const title of ["Operation", "Charts' hooks", "None restarted since", "Admin UI", "LLM responds"]) {
      await expect(item(page, title)).toContainText("passed");
    }
    await expect(item(page, "Platform login")).toContainText("by hand");
    await expect(item(page, "Data loads")).toContainText("failed");
    await expect(smoke(page).getByRole("alert")).toContainText("Failed: Data loads.");

    const kept = () => JSON.parse(rig.installation().metadata.annotations["admin.rootcause.dev/smoke-tests"] ?? "[]");
    expect(kept()).toHaveLength(1);
    expect(kept()[0]).toMatchObject({ version: "0.1.20", from: "0.1.16" });

    const other = await another(`${url}#/releases`);
    await expect(item(other, "Data loads")).toContainText("failed");
    const saved = other.waitForEvent("download");
    await smoke(other).getByRole("button", { name: "Save as text" }).click();
    const text = readFileSync(await (await saved).path(), "utf8");
    expect(text).toContain("Smoke test of 0.1.20");
    expect(text).toContain("[failed] Data loads");

    // Again, on demand.
    const before = kept()[0].at;
    await smoke(other).getByRole("button", { name: "Run smoke test" }).click();
    await expect.poll(() => kept()[0].at).not.toBe(before);
    expect(kept()).toHaveLength(1);
  } finally {
    served.server.close();
  }
});

test("a failing hook is named with its pod's last words, and the way back is one press", async ({ page, rig }) => {
  test.setTimeout(150_000);
  await rig.install("0.1.16");
  await page.goto((await rig.proxy()).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
  await change(page, "0.1.18");
  await rig.phase("Degraded");
  await expect(item(page, "Charts' hooks")).toContainText("failed", { timeout: 60_000 });
  await expect(item(page, "Charts' hooks")).toContainText("Job platform-migrate failed");
  await expect(item(page, "Charts' hooks")).toContainText("pod platform-migrate-");
  await expect(item(page, "Operation")).toContainText("pre-upgrade hooks failed");
  await expect(item(page, "All pods running and ready")).toContainText("passed");
  const alert = smoke(page).getByRole("alert");
  await expect(alert.getByRole("link", { name: "See the diagnosis" })).toHaveAttribute("href", "#/troubleshooting");

  // The evidence stays when the Job is gone.
  rig.kubectl(["delete", "job", "platform-migrate"]);
  await page.reload();
  await expect(item(page, "Charts' hooks")).toContainText("Job platform-migrate failed");

  // A look after it is gone says that it is.
  await smoke(page).getByRole("button", { name: "Run smoke test" }).click();
  await expect(item(page, "Charts' hooks")).toContainText("its Job is no longer there");

  await alert.getByRole("button", { name: "Review going back to 0.1.16…" }).click();
  const dialog = page.getByRole("dialog", { name: /Review the .* to 0\.1\.16/ });
  await expect(dialog.getByRole("list", { name: "Changes" })).toContainText("0.1.18 → 0.1.16");
  await dialog.getByRole("button", { name: /^Request (rollback|upgrade) to 0\.1\.16/ }).click();
  await expect(dialog).toBeHidden();
  await rig.phase("Ready", "0.1.16");
});

test("an image that cannot be pulled is named", async ({ page, rig }) => {
  test.setTimeout(150_000);
  await rig.install("0.1.16", { helmTimeout: "15s" });
  await page.goto((await rig.proxy()).url);
  await expect(sentence(page)).toContainText("RootCause 0.1.16 is running.");
  await change(page, "0.1.19");
  await rig.phase("Degraded");
  const pods = item(page, "All pods running and ready");
  await expect(pods).toContainText("failed", { timeout: 60_000 });
  await expect(pods).toContainText(/platform: image pull \((ErrImagePull|ImagePullBackOff)\)/);
});
