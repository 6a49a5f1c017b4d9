// What runs the containers of Jobs for real. The rig's nodes are fake: kwok moves pods through their lives and runs nothing
// (tests/cluster/kwok). For the Jobs of a test's own namespace this stands in for the kubelet, for the cluster's DNS and
// for the volume: it runs the container's command as a process on this machine, with the pod's environment (references to
// secrets, to fields and to literal values), the claim's mount as a directory, and the database's host name as a real
// PostgreSQL of its own; then it writes into the pod's status what a kubelet would. Nothing of what the app sends is
// changed, and the command is the pod's own.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rig } from "./rig.ts";

/** The directory of the PostgreSQL server's programs. */
function binaries(): string {
  const debian = "/usr/lib/postgresql";
  const newest = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(a) - Number(b)).at(-1) : undefined;
  const bin = process.env.RC_POSTGRES ?? (newest && join(debian, newest, "bin"));
  if (!bin) throw new Error("PostgreSQL's server is not installed: apt-get install postgresql");
  return bin;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** A real PostgreSQL server with a data directory of its own. */
export class PostgreSql {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly bin: string,
    private readonly user: { uid?: number; gid?: number },
  ) {}

  static async start(password: string): Promise<PostgreSql> {
    const bin = binaries();
    const folder = mkdtempSync(join(tmpdir(), "rootcause-postgres-"));
    // The server refuses to run as root; Debian's package brings a user for it.
    const root = process.getuid?.() === 0;
    const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
    const user = root ? { uid: id("-u"), gid: id("-g") } : {};
    if (root) chownSync(folder, user.uid ?? 0, user.gid ?? 0);
    const port = await freePort();
    const server = new PostgreSql(port, folder, bin, user);
    const data = join(folder, "data");
    const secret = join(folder, "password");
    spawnSync("sh", ["-c", `umask 077; printf %s "$P" > ${secret}`], { env: { P: password }, ...user });
    server.run("initdb", ["-D", data, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${secret}`, "-E", "UTF8", "--no-sync"]);
    const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
    server.run("pg_ctl", ["-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start"]);
    return server;
  }

  private run(program: string, args: string[]): void {
    const run = spawnSync(join(this.bin, program), args, { encoding: "utf8", cwd: this.folder, stdio: ["ignore", "pipe", "pipe"], ...this.user });
    if (run.status !== 0) throw new Error(`${program}: ${run.stderr}${run.stdout}`);
  }

  /** Gives commands in this pod the environment that its container would have: the way to this server, and the password. */
  serve(rig: Rig, pod: string, password: string): void {
    const envs = Object.entries({ PGHOST: "127.0.0.1", PGPORT: String(this.port), PASSWORD: password });
    rig.apply({
      apiVersion: "kwok.x-k8s.io/v1alpha1",
      kind: "Exec",
      metadata: { name: pod },
      spec: { execs: [{ local: { envs: envs.map(([name, value]) => ({ name, value })) } }] },
    });
  }

  /** Runs SQL as the superuser and gives what it returns, a row a line. */
  sql(password: string, statement: string, database = "postgres"): string {
    const args = ["-h", "127.0.0.1", "-p", String(this.port), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-XqAtc", statement];
    const run = spawnSync(join(this.bin, "psql"), args, { encoding: "utf8", env: { ...process.env, PGPASSWORD: password } });
    if (run.status !== 0) throw new Error(`psql: ${run.stderr}`);
    return run.stdout.trim();
  }

  /** Gives psql this script, as its user would a dump. */
  restore(password: string, script: string): void {
    const args = ["-h", "127.0.0.1", "-p", String(this.port), "-U", "postgres", "-d", "postgres", "-Xq", "-o", "/dev/null"];
    spawnSync(join(this.bin, "psql"), args, { input: script, env: { ...process.env, PGPASSWORD: password } });
  }

  stop(): void {
    this.run("pg_ctl", ["-D", join(this.folder, "data"), "-m", "immediate", "stop"]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A host name of the cluster, and where it is on this machine. */
export interface Place {
  host: string;
  address: string;
  port: number;
}

/** Kwok leaves a Job's pod running for as long as this: the runner ends it. */
const UNTIL_RUN = "24h";

export class Runner {
  private readonly volumes = mkdtempSync(join(tmpdir(), "rootcause-volumes-"));
  private readonly seen = new Set<string>();
  private stopped = false;
  private readonly loop: Promise<void>;
  private readonly policy: string;
  /** Holds back every command until it is let go. */
  gate: Promise<void> = Promise.resolve();

  constructor(
    private readonly rig: Rig,
    private readonly places: Place[],
  ) {
    this.policy = `rig-runner-${rig.namespace}`;
    this.holdPods();
    this.loop = this.follow();
  }

  /** Tells the fake nodes to leave this namespace's Jobs to the runner: a policy, since a pod may be gone in a second. */
  private holdPods(): void {
    const name = this.policy;
    const metadata = { name };
    const expression =
      'Object{metadata: Object.metadata{annotations: {"rig.rootcause.dev/ready-after": "' + UNTIL_RUN + '"}}}';
    this.rig.apply({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingAdmissionPolicy",
      metadata,
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        matchConditions: [
          { name: "of-a-backup", expression: "object.metadata.?labels['app.kubernetes.io/managed-by'] == optional.of('rootcause-admin')" },
        ],
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression } }],
      },
    });
    this.rig.apply({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingAdmissionPolicyBinding",
      metadata,
      spec: {
        policyName: name,
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": this.rig.namespace } } },
      },
    });
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      const list = JSON.parse(this.rig.kubectl(["get", "pods", "-l", "app.kubernetes.io/managed-by=rootcause-admin", "-o", "json"]));
      for (const pod of list.items) {
        const held = pod.metadata.annotations?.["rig.rootcause.dev/ready-after"] === UNTIL_RUN;
        if (pod.status.phase === "Running" && held && !this.seen.has(pod.metadata.uid)) {
          this.seen.add(pod.metadata.uid);
          void this.run(pod);
        }
      }
      await new Promise((done) => setTimeout(done, 300));
    }
  }

  private value(pod: any, entry: any): string {
    const from = entry.valueFrom;
    if (!from) return entry.value ?? "";
    if (from.secretKeyRef) {
      const path = `{.data.${from.secretKeyRef.key.replaceAll(".", "\\.")}}`;
      const data = this.rig.kubectl(["get", "secret", from.secretKeyRef.name, "-o", `jsonpath=${path}`]);
      return Buffer.from(data, "base64").toString();
    }
    const label = from.fieldRef?.fieldPath.match(/^metadata\.labels\['(.+)'\]$/)?.[1];
    if (label) return pod.metadata.labels[label];
    throw new Error(`no value for ${JSON.stringify(entry)}`);
  }

  /** The directory that is this claim's volume. */
  volume(claim: string): string {
    const folder = join(this.volumes, claim);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  private async run(pod: any): Promise<void> {
    await this.gate;
    const [container] = pod.spec.containers;
    const message = join(this.volumes, `${pod.metadata.name}.message`);
    const env: Record<string, string> = { PATH: process.env.PATH ?? "", HOME: this.volumes };
    for (const entry of container.env ?? []) env[entry.name] = this.value(pod, entry);
    // DNS and mounts: the names of the cluster are places on this machine.
    for (const mount of container.volumeMounts ?? []) {
      const volume = pod.spec.volumes.find((it: any) => it.name === mount.name);
      if (!volume?.persistentVolumeClaim) continue;
      const folder = this.volume(volume.persistentVolumeClaim.claimName);
      for (const name of Object.keys(env)) if (env[name] === mount.mountPath) env[name] = folder;
    }
    for (const name of Object.keys(env)) if (env[name] === "/dev/termination-log") env[name] = message;
    for (const place of this.places) {
      if (env.PGHOST === place.host) Object.assign(env, { PGHOST: place.address, PGPORT: String(place.port) });
    }
    const [program, ...args] = container.command;
    const startedAt = new Date().toISOString();
    let log = "";
    const code = await new Promise<number>((resolve) => {
      const process_ = spawn(program, args, { env, cwd: this.volumes, stdio: ["ignore", "pipe", "pipe"] });
      process_.stdout.on("data", (chunk) => (log += chunk));
      process_.stderr.on("data", (chunk) => (log += chunk));
      process_.on("error", (error) => (log += error.message));
      process_.on("close", (code) => resolve(code ?? 137));
    });
    if (this.stopped) return;
    const own = existsSync(message) ? readFileSync(message, "utf8") : "";
    const fallback = code !== 0 && container.terminationMessagePolicy === "FallbackToLogsOnError";
    this.end(pod, code, own || (fallback ? log.slice(-2048) : ""), startedAt);
  }

  /** The end of a pod as a kubelet tells it. */
  private end(pod: any, exitCode: number, message: string, startedAt: string): void {
    const finishedAt = new Date().toISOString();
    const reason = exitCode === 0 ? "Completed" : "Error";
    const condition = (type: string) => ({ type, status: "False", reason: exitCode === 0 ? "PodCompleted" : "PodFailed" });
    const status = {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: [condition("Ready"), condition("ContainersReady")],
      containerStatuses: pod.spec.containers.map((container: any) => ({
        name: container.name,
        image: container.image,
        imageID: "",
        ready: false,
        started: false,
        restartCount: 0,
        state: { terminated: { exitCode, reason, message, startedAt, finishedAt } },
      })),
    };
    this.rig.kubectl(["patch", "pod", pod.metadata.name, "--subresource", "status", "--type", "merge", "-p", JSON.stringify({ status })]);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
    this.rig.kubectl(["delete", "mutatingadmissionpolicybinding,mutatingadmissionpolicy", this.policy, "--ignore-not-found"]);
    rmSync(this.volumes, { recursive: true, force: true });
  }
}
