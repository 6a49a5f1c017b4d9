// Who else writes the installation: every review warns first, and offers the change for Git.
import { expect, NAME, review, test } from "../test.ts";

const AVAILABLE = { deployedVersion: "0.1.15", phase: "Ready", observedGeneration: 1, availableVersions: [{ version: "0.1.16" }] };

const owners = [
  {
    name: "Argo CD",
    metadata: { annotations: { "argocd.argoproj.io/tracking-id": "prod:platform.rootcause.dev/RootCauseInstallation:x/rootcause" } },
    says: "Argo CD (prod) manages this installation and may revert what is changed here",
    evidence: "annotation argocd.argoproj.io/tracking-id",
  },
  {
    name: "Flux",
    metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" } },
    says: "Flux (flux-system/apps) manages this installation and may revert what is changed here",
    evidence: "label kustomize.toolkit.fluxcd.io/name",
  },
  {
    name: "Helm",
    metadata: {
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "installation", "meta.helm.sh/release-namespace": "ops" },
    },
    says: "Helm (ops/installation) manages this installation",
    evidence: "annotation meta.helm.sh/release-name",
  },
];

for (const { name, metadata, says, evidence } of owners) {
  test(`${name} owns the installation`, async ({ page, rig }) => {
    rig.createInstallation("0.1.15");
    rig.patch({ metadata });
    rig.patchStatus(AVAILABLE);
    await page.goto((await rig.proxy()).url);
    const dialog = await review(page, "0.1.16");
    const warning = dialog.getByRole("note").filter({ hasText: says });
    await expect(warning).toContainText(evidence);
    await dialog.getByText("The same change for a Git repository").click();
    const manifest = dialog.getByText(/^apiVersion: platform\.rootcause\.dev\/v1alpha1\nkind: RootCauseInstallation\n/);
    await expect(manifest).toContainText(`namespace: ${rig.namespace}`);
    // What is offered for Git is the change.
    rig.kubectl(["patch", rig.crd.kind, NAME, "--type", "merge", "-p", (await manifest.textContent()) ?? ""]);
    expect(rig.installation().spec.version).toBe("0.1.16");
    await page.keyboard.press("Escape");

    await page.getByRole("link", { name: "Status" }).click();
    await page.getByRole("button", { name: "Force reconcile" }).click();
    await expect(page.getByRole("dialog").getByRole("note").filter({ hasText: says })).toBeVisible();
  });
}

test("a controller that writes the version is found by what it wrote", async ({ page, rig }) => {
  rig.createInstallation("0.1.14");
  rig.patchStatus(AVAILABLE);
  const manifest = {
    apiVersion: "platform.rootcause.dev/v1alpha1",
    kind: "RootCauseInstallation",
    metadata: { name: NAME },
    spec: { version: "0.1.15" },
  };
  const flags = ["--server-side", "--force-conflicts", "--field-manager", "kustomize-controller"];
  rig.kubectl(["apply", ...flags, "-f", "-"], JSON.stringify(manifest));
  await page.goto((await rig.proxy()).url);
  const dialog = await review(page, "0.1.16");
  await expect(dialog.getByRole("note").filter({ hasText: "Flux manages this installation" })).toContainText(
    "managedFields: kustomize-controller writes spec.version",
  );
});

test("nobody else: no warning", async ({ page, rig }) => {
  rig.createInstallation("0.1.15");
  rig.patchStatus(AVAILABLE);
  await page.goto((await rig.proxy()).url);
  const dialog = await review(page, "0.1.16");
  await expect(dialog.getByText(/manages this installation|also writes/)).toBeHidden();
});
