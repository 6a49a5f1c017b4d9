// What a browser test stands on: a namespace of its own on the real cluster, the reference operator that serves just
// that namespace, and a real `kubectl proxy` that serves the app and the API to the browser.
import { test as base, expect, type Page } from "@playwright/test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests through \`cargo xtask test\``);
  return value;
}

const KUBECONFIG = env("RC_KUBECONFIG");
const CLUSTER = env("RC_CLUSTER_DIR");

export const KIND = "rootcauseinstallation";
export const NAME = "rootcause";

/** A server process; ends with the test. */
class Service {
  output = "";
  private exited: Promise<void>;

  constructor(readonly process: ChildProcess) {
    const keep = (chunk: Buffer) => (this.output = (this.output + chunk).slice(-20_000));
    process.stdout?.on("data", keep);
    process.stderr?.on("data", keep);
    this.exited = new Promise((done) => process.once("exit", () => done()));
  }

  /** Resolves with the first match of `pattern` in what the process prints. */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = this.output.match(pattern);
        if (match) resolve(match);
      };
      look();
      this.process.stdout?.on("data", look);
      this.process.stderr?.on("data", look);
      this.process.once("exit", (code) => reject(new Error(`exited ${code}: ${this.output}`)));
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.process.exitCode === null) this.process.kill(signal);
    await this.exited;
  }
}

export interface ProxyOptions {
  /** Keys of config.json beside the namespace. */
  config?: Record<string, unknown>;
  /** config.json as text, for files that are wrong. */
  configText?: string;
  /** Whom the proxy acts as, such as `system:serviceaccount:NS:NAME`. */
  as?: string;
  port?: number;
}

/** A kubectl proxy that serves the app under /admin/ and the API under /. */
export interface Proxy {
  url: string;
  port: number;
  stop(): Promise<void>;
}

export class Rig {
  private services: Service[] = [];
  private folders: string[] = [];
  private running?: Service;

  constructor(readonly namespace: string) {}

  /** Runs kubectl in this namespace and gives what it prints. */
  kubectl(args: string[], input?: string): string {
    const run = spawnSync(env("RC_KUBECTL"), ["--kubeconfig", KUBECONFIG, "-n", this.namespace, ...args], {
      input,
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${run.stderr}`);
    return run.stdout;
  }

  apply(manifest: string | object): void {
    this.kubectl(["apply", "-f", "-"], typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  }

  /** The installation as the server has it. */
  installation(kind = KIND, name = NAME): any {
    return JSON.parse(this.kubectl(["get", kind, name, "-o", "json"]));
  }

  patch(patch: object, kind = KIND, name = NAME): void {
    this.kubectl(["patch", kind, name, "--type", "merge", "-p", JSON.stringify(patch)]);
  }

  /** Waits until the installation is in this phase and, where given, the version is deployed. */
  async phase(phase: string, version?: string): Promise<void> {
    await expect
      .poll(
        () => {
          const it = this.installation();
          const seen = it.status?.observedGeneration === it.metadata.generation;
          return [seen && it.status?.phase, version ? it.status?.deployedVersion : undefined];
        },
        { timeout: 90_000, message: `waiting for ${phase} ${version ?? ""}` },
      )
      .toEqual([phase, version]);
  }

  /** A file of the cluster's folder. */
  file(name: string): string {
    return readFileSync(join(CLUSTER, name), "utf8");
  }

  private start(command: string, args: string[]): Service {
    const service = new Service(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
    this.services.push(service);
    return service;
  }

  /** Starts the reference operator for this namespace. */
  startOperator(extra: string[] = []): Service {
    this.running = this.start(env("RC_OPERATOR"), [
      "run",
      ...["--kubeconfig", KUBECONFIG],
      ...["--namespace", this.namespace],
      ...["--helm", env("RC_HELM")],
      ...["--registry", `oci://${env("RC_REGISTRY")}/charts`, "--plain-http"],
      ...["--poll-interval", "2s", "--helm-timeout", "12s"],
      ...extra,
    ]);
    return this.running;
  }

  async stopOperator(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.running?.stop(signal);
    this.running = undefined;
  }

  /** Secrets and the installation, at `version`, without waiting. */
  createInstallation(version: string): void {
    this.apply(this.file("secrets.yaml"));
    this.apply(this.file("installation.yaml"));
    this.patch({ spec: { version } });
  }

  /** A working installation: operator, secrets, both releases Ready at `version`. */
  async install(version: string): Promise<void> {
    this.startOperator();
    this.createInstallation(version);
    await this.phase("Ready", version);
  }

  async proxy(options: ProxyOptions = {}): Promise<Proxy> {
    const www = mkdtempSync(join(tmpdir(), "rootcause-www-"));
    this.folders.push(www);
    cpSync(env("RC_DIST"), www, { recursive: true });
    const config = options.configText ?? JSON.stringify({ namespace: this.namespace, ...options.config });
    writeFileSync(join(www, "config.json"), config);
    const service = this.start(env("RC_KUBECTL"), [
      ...["--kubeconfig", KUBECONFIG],
      ...(options.as ? ["--as", options.as] : []),
      ...["proxy", "--port", String(options.port ?? 0), `--www=${www}`, "--www-prefix=/admin/"],
    ]);
    const [, port] = await service.says(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    return { url: `http://127.0.0.1:${port}/admin/`, port: Number(port), stop: () => service.stop() };
  }

  /** A ServiceAccount that may do what `rules` say in this namespace; gives the name to act as. */
  account(name: string, rules: object[]): string {
    const metadata = { name };
    const subjects = [{ kind: "ServiceAccount", name, namespace: this.namespace }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
    this.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    this.apply({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules });
    this.apply({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata, subjects, roleRef });
    return `system:serviceaccount:${this.namespace}:${name}`;
  }

  async end(): Promise<void> {
    await Promise.all(this.services.map((it) => it.stop()));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
    this.kubectl(["delete", "namespace", this.namespace, "--wait=false"]);
  }
}

let made = 0;

export const test = base.extend<{ rig: Rig; problems: string[] }>({
  rig: async ({}, use, info) => {
    const rig = new Rig(`e2e-${process.pid}-${info.workerIndex}-${made++}`);
    rig.kubectl(["create", "namespace", rig.namespace]);
    await use(rig);
    await rig.end();
  },
  // Nothing may go wrong unseen, and nothing may leave for another origin.
  problems: [
    async ({ page }, use) => {
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
      page.on("request", (request) => {
        const host = new URL(request.url()).hostname;
        if (host && host !== "127.0.0.1") problems.push(`request to another host: ${request.url()}`);
      });
      await use(problems);
      expect(problems).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect, type Page };
