// Rotation: a new value, then each of its users restarted and proven ready; stopped and told, resumed, gone back.
import { expect, fault, section, shared, test, type Page } from "../test.ts";

const b64 = (text: string) => Buffer.from(text).toString("base64");

const it = shared(async (rig) => {
  rig.holdLease();
  rig.createInstallation("0.1.15");
  rig.patchStatus({ phase: "Ready", deployedVersion: "0.1.15", observedGeneration: 1 });
});

/** A Deployment of one pod that reads `password` of a secret. */
function reader(name: string, secret: string, spec: object = {}): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      progressDeadlineSeconds: 10,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: "main",
              image: "registry.example/a:1",
              env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: secret, key: "password" } } }],
            },
          ],
        },
      },
      ...spec,
    },
  };
}

function make(secret: string, readers: object[]): void {
  const { rig } = it();
  rig.create({ apiVersion: "v1", kind: "Secret", metadata: { name: secret }, data: { password: b64("old") } });
  for (const one of readers) rig.apply(one);
  for (const one of readers as { metadata: { name: string } }[]) rig.kubectl(["rollout", "status", `deployment/${one.metadata.name}`, "--timeout=60s"]);
}

const secret = (name: string) => JSON.parse(it().rig.kubectl(["get", "secret", name, "-o", "json"]));
const restarted = (name: string) =>
  JSON.parse(it().rig.kubectl(["get", "deployment", name, "-o", "json"])).spec.template.metadata.annotations?.[
    "kubectl.kubernetes.io/restartedAt"
  ];
const rotation = (page: Page, name: string) => section(page, "Rotations").getByRole("group", { name: `Rotation of ${name}` });

/** Opens the review of a new password. */
async function change(page: Page, name: string, value: string) {
  await page.goto(`${it().proxy.url}#/secrets/${name}`);
  const panel = page.getByRole("dialog", { name: `Secret ${name}`, exact: true });
  await panel.getByRole("button", { name: "Edit password" }).click();
  await panel.getByRole("textbox", { name: "Value of password" }).fill(value);
  await panel.getByRole("button", { name: "Review the change…" }).click();
  return page.getByRole("dialog", { name: `Review the change of ${name}` });
}

test("a new value, its users restarted one after another, and back again", async ({ page }) => {
  const { rig } = it();
  rig.apply({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "one-a" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "one-a" } } },
  });
  make("one", [reader("one-a", "one"), reader("one-b", "one")]);
  const review = await change(page, "one", "new");
  const steps = review.getByRole("list", { name: "Restarts" }).getByRole("listitem");
  await expect(steps).toHaveCount(2);
  await expect(steps.first()).toContainText("none ends before a new one is ready");
  await expect(steps.first()).toContainText("PodDisruptionBudget one-a wants at least 1 available");
  await expect(review).toContainText("kubectl rollout restart deployment/one-a");
  await review.getByRole("button", { name: "Write secret one and restart 2 workloads" }).click();
  await expect(review).toBeHidden();
  expect(secret("one").data).toEqual({ password: b64("new") });
  await page.keyboard.press("Escape");
  const told = rotation(page, "one");
  await expect(told.getByRole("status")).toHaveText("one was rotated: 2 of 2 restarted and ready.", { timeout: 60_000 });
  expect(Date.parse(restarted("one-b"))).toBeGreaterThanOrEqual(Date.parse(restarted("one-a")));
  await expect.poll(() => secret("one").metadata.labels).toBeUndefined();

  await told.getByRole("button", { name: "Go back to the previous value…" }).click();
  const back = page.getByRole("dialog", { name: "Review the change of one" });
  await back.getByRole("checkbox", { name: "Restart Deployment one-b" }).uncheck();
  await back.getByRole("button", { name: "Write secret one and restart 1 workload" }).click();
  await expect(back).toBeHidden();
  await expect(told.getByRole("status")).toHaveText("one was rotated: 1 of 1 restarted and ready.", { timeout: 60_000 });
  expect(secret("one").data).toEqual({ password: b64("old") });
});

fault(
  "a workload that does not get ready, then the tab closed",
  "rotation of a secret",
  "The rest is left alone; another tab resumes it to its end.",
  async ({ page, another }) => {
    const { rig } = it();
    make("two", [reader("two-a", "two"), reader("two-b", "two")]);
    const broken = { metadata: { labels: { app: "two-a", "rig.rootcause.dev/outcome": "CrashLoopBackOff" } } };
    // Its next pods will not come up, but nothing rolls before the restart.
    rig.kubectl(["rollout", "pause", "deployment/two-a"]);
    const review = await change(page, "two", "new");
    await expect(review.getByRole("checkbox", { name: "Restart Deployment two-a" })).toBeDisabled();
    await expect(review).toContainText("The workload is paused: nothing rolls until it is resumed.");
    await page.keyboard.press("Escape");
    rig.kubectl(["rollout", "resume", "deployment/two-a"]);

    await page.getByRole("button", { name: "Review the change…" }).click();
    const again = review;
    await expect(again.getByRole("checkbox", { name: "Restart Deployment two-a" })).toBeEnabled();
    rig.kubectl(["patch", "deployment", "two-a", "-p", JSON.stringify({ spec: { template: broken } })]);
    await again.getByRole("button", { name: "Write secret two and restart 2 workloads" }).click();
    await expect(again).toBeHidden();
    await page.keyboard.press("Escape");
    await expect(rotation(page, "two").getByRole("status")).toHaveText(
      "The rotation of two stopped at Deployment two-a: 0 of 2 restarted and ready.",
      { timeout: 60_000 },
    );
    expect(restarted("two-b")).toBeUndefined();
    await page.close();

    const label = JSON.stringify({ spec: { template: { metadata: { labels: { "rig.rootcause.dev/outcome": null } } } } });
    rig.kubectl(["patch", "deployment", "two-a", "--type", "merge", "-p", label]);
    const other = await another(`${it().proxy.url}#/secrets`);
    await rotation(other, "two").getByRole("button", { name: "Resume rotation" }).click();
    await expect(rotation(other, "two").getByRole("status")).toHaveText("two was rotated: 2 of 2 restarted and ready.", {
      timeout: 60_000,
    });
    expect(restarted("two-b")).toBeDefined();
  },
);

test("a restart alone, from Status", async ({ page }) => {
  make("three", [reader("three-a", "three")]);
  await page.goto(it().proxy.url);
  await page.getByRole("button", { name: "Restart three-a" }).click();
  const review = page.getByRole("dialog", { name: "Review the restart of three-a" });
  await expect(review).toContainText("kubectl rollout restart deployment/three-a");
  await review.getByRole("button", { name: "Restart three-a", exact: true }).click();
  await expect(review).toBeHidden();
  await expect.poll(() => restarted("three-a")).toBeDefined();
});
