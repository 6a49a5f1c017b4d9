// Namespaces as they are while something is wrong with them, for the domain's tests of its rules. Only where RC_RECORD
// is set: `RC_RECORD=1 cargo xtask test --e2e diagnosis`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { REFERENCE, type Rig } from "./rig.ts";

const NAMESPACED = [
  ...[REFERENCE.kind, "deployments", "statefulsets", "pods", "events", "persistentvolumeclaims", "secrets", "leases"],
  ...["resourcequotas", "poddisruptionbudgets"],
];

/** Types of secrets whose content rules look at. */
const READ = ["kubernetes.io/dockerconfigjson", "kubernetes.io/tls"];

/** What no rule reads, and would make most of the files. */
const NOISE = new Set([
  ...["resourceVersion", "selfLink", "env", "volumeMounts", "ports", "tolerations", "securityContext", "nodeInfo", "addresses"],
  ...["daemonEndpoints", "availableVersions", "managedFields", "kubectl.kubernetes.io/last-applied-configuration", "podIPs"],
  ...["hostIPs", "hostIP", "podIP", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "dnsPolicy"],
  ...["schedulerName", "serviceAccount", "enableServiceLinks", "preemptionPolicy", "lastProbeTime", "lastHeartbeatTime"],
]);

function strip(object: any): any {
  if (object.kind === "Secret") {
    if (object.type === "helm.sh/release.v1") delete object.data;
    else if (!READ.includes(object.type)) for (const key in object.data) object.data[key] = "";
  }
  const projected = (it: any) => !it.projected;
  if (object.spec?.volumes) object.spec.volumes = object.spec.volumes.filter(projected);
  const own = object.kind === "RootCauseInstallation" ? object.metadata.managedFields : undefined;
  const lean = JSON.parse(JSON.stringify(object, (key, value) => (NOISE.has(key) ? undefined : value)));
  if (own) lean.metadata.managedFields = own;
  return lean;
}

/** Keeps the rig's namespace as the fixture of this name. */
export function record(rig: Rig, name: string): void {
  if (!process.env.RC_RECORD) return;
  const get = (kinds: string[]) => JSON.parse(rig.kubectl(["get", kinds.join(","), "-o", "json", "--show-managed-fields"])).items;
  // Warnings of the last minute: those before are of other tests.
  const since = Date.now() - 60_000;
  const told = (it: any) =>
    it.kind !== "Event" ||
    it.reason === "Uninstalled" ||
    (it.type === "Warning" && Date.parse(it.lastTimestamp ?? it.eventTime) > since);
  const nodes = get(["nodes"]).filter((it: any) => !it.metadata.name.startsWith("kubelet-"));
  const items = [...get(NAMESPACED), ...nodes, ...get(["storageclasses"])].filter(told).map(strip);
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const text = JSON.stringify({ now, items }).replaceAll(rig.namespace, "rootcause");
  writeFileSync(join(process.env.RC_CLUSTER_DIR!, `../../crates/domain/tests/fixtures/diagnosis/${name}.json`), `${text}\n`);
}
