// What a browser test stands on: a namespace of its own on the real cluster, the reference operator that serves just
// that namespace, and a real `kubectl proxy` that serves the app and the API to the browser.
import { expect } from "@playwright/test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSign, randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Line } from "./line.ts";
import { freePort, mount } from "./nginx.ts";
import * as oauth2 from "./oauth2.ts";

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests through \`cargo xtask test\``);
  return value;
}

/** A CRD as the rig deals with it: how kubectl calls it, and where it keeps what the rig waits for. */
export interface Crd {
  kind: string;
  file: string;
  version(version: string): object;
  /** As small as the charts allow, so that an installation is up in seconds. */
  small: object;
  read(object: any): { phase?: string; deployed?: string; observed?: number };
}

export const REFERENCE: Crd = {
  kind: "rootcauseinstallation",
  file: "installation.yaml",
  version: (version) => ({ spec: { version } }),
  small: {
    spec: {
      components: { platform: { replicas: 1 }, dataService: { replicas: 1 }, mlJobs: { replicas: 1 } },
      dependencies: { mongodb: { members: 1 } },
    },
  },
  read: ({ status }) => ({
    phase: status?.phase,
    deployed: status?.deployedVersion,
    observed: status?.observedGeneration,
  }),
};

/** The second CRD: another group, version, kind and other field names. */
export const OTHER: Crd = {
  kind: "acmeanalytics",
  file: "installation-other.yaml",
  version: (tag) => ({ spec: { release: { tag } } }),
  small: {},
  read: ({ status }) => ({
    phase: status?.state,
    deployed: status?.running?.app,
    observed: status?.seenGeneration,
  }),
};

/** The name of every installation of the rig. */
export const NAME = "rootcause";

const LEASE = "rootcause-operator";

/** A time as Kubernetes' MicroTime writes it. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace("Z", "000Z");
}

/** The annotation in which the app keeps who asked for what. */
const REQUESTS = "admin.rootcause.dev/requests";

/** One entry of that annotation. */
export interface Request {
  action: string;
  who: string;
  when: string;
  from?: string;
  to?: string;
  why?: string;
}

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
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    await this.exited;
  }
}

export interface ProxyOptions {
  /** Keys of config.json beside the namespace. */
  config?: Record<string, unknown>;
  /** config.json as text, for files that are wrong. */
  configText?: string;
  /** Whom the proxy acts as, such as `bo@example.com`. */
  as?: string;
  /** Lets commands in containers through, which kubectl proxy refuses by default. */
  exec?: boolean;
  /** The port to serve on; one that is free where none is given. */
  port?: number;
  /** Another way to the cluster than the rig's own. */
  kubeconfig?: string;
}

/** A kubectl proxy that serves the app under /admin/ and the API under /. */
export interface Proxy {
  url: string;
  port: number;
  /** The folder that it serves the app from. */
  www: string;
  stop(): Promise<void>;
}

/** The app behind nginx. */
export interface Hosted {
  url: string;
  /** What nginx has logged. */
  log(): string;
}

export interface OperatorOptions {
  /** The version that the operator says it has. */
  version?: string;
  /** Helm's limit for one operation: short where it is meant to run out. */
  helmTimeout?: string;
  /** The file that tells where another CRD keeps its fields. */
  mapping?: string;
}

export interface InstallOptions extends OperatorOptions {
  /** How long a pod takes from started to ready: a slow rollout to watch. */
  readyAfter?: string;
}

/** What is answered at this address; what the service says for itself where nothing is. */
function answer(url: string, service: Service): Promise<string> {
  return fetch(url).then((it) => it.text(), () => service.output);
}

/** A kind of the test's own. */
export interface OwnKind {
  group: string;
  kind: string;
  plural: string;
}

let made = 0;

export class Rig {
  private services: Service[] = [];
  private lines: Line[] = [];
  private folders: string[] = [];
  private kinds: string[] = [];
  private operator?: Service;

  private constructor(
    readonly namespace: string,
    readonly crd: Crd,
    private kubeconfig: string,
  ) {}

  static make(crd = REFERENCE, kubeconfig = env("RC_KUBECONFIG")): Rig {
    const rig = new Rig(`e2e-${process.pid}-${made++}`, crd, kubeconfig);
    rig.kubectl(["create", "namespace", rig.namespace]);
    return rig;
  }

  /** Runs kubectl in this namespace and gives what it prints. */
  kubectl(args: string[], input?: string): string {
    return this.run(args, input).stdout;
  }

  /** As `kubectl`, with the server's warnings. */
  kubectlSays(args: string[], input?: string): string {
    const { stdout, stderr } = this.run(args, input);
    return stdout + stderr;
  }

  private run(args: string[], input?: string): { stdout: string; stderr: string } {
    const run = spawnSync(env("RC_KUBECTL"), ["--kubeconfig", this.kubeconfig, "-n", this.namespace, ...args], {
      input,
      encoding: "utf8",
      // The API server's metrics are more than Node's one megabyte.
      maxBuffer: 64 << 20,
    });
    if (run.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${run.stderr}`);
    return run;
  }

  apply(manifest: string | object): void {
    this.kubectl(["apply", "-f", "-"], typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  }

  /** As `apply`, without the annotation in which that keeps a copy. */
  create(object: object): void {
    this.kubectl(["create", "-f", "-"], JSON.stringify(object));
  }

  /** The installation as the server has it. */
  installation(): any {
    return JSON.parse(this.kubectl(["get", this.crd.kind, NAME, "-o", "json"]));
  }

  /** What people asked for through the app, newest first. */
  requests(): Request[] {
    return JSON.parse(this.installation().metadata.annotations?.[REQUESTS] ?? "[]");
  }

  patch(patch: object): void {
    this.kubectl(["patch", this.crd.kind, NAME, "--type", "merge", "-p", JSON.stringify(patch)]);
  }

  /** Writes the status as the operator would. */
  patchStatus(status: object): void {
    const patch = JSON.stringify({ status });
    this.kubectl(["patch", this.crd.kind, NAME, "--subresource", "status", "--type", "merge", "-p", patch]);
  }

  /** Waits until the operator has seen all that is asked and is in this phase, with this version where one is given. */
  async phase(phase: string, version?: string): Promise<void> {
    const look = () => {
      const object = this.installation();
      const it = this.crd.read(object);
      const seen = it.observed === object.metadata.generation;
      return [seen && it.phase, version && it.deployed];
    };
    await expect
      .poll(look, { timeout: 90_000, message: `waiting for ${phase} ${version ?? ""}` })
      .toEqual([phase, version]);
  }

  /** A file of the cluster's folder. */
  file(name: string): string {
    return readFileSync(join(env("RC_CLUSTER_DIR"), name), "utf8");
  }

  /** Starts a server; with `log` it writes into that file, as a program must that opens its output by name. */
  private start(command: string, args: string[], log?: string, more: Record<string, string> = {}): Service {
    const output = log ? openSync(log, "w") : "pipe";
    const env = { ...process.env, ...more };
    const service = new Service(spawn(command, args, { stdio: ["ignore", output, output], env }));
    this.services.push(service);
    return service;
  }

  /** Starts the reference operator for this namespace. */
  startOperator({ version = "0.1.20", helmTimeout = "45s", mapping }: OperatorOptions = {}): void {
    this.operator = this.start(env("RC_OPERATOR"), [
      "run",
      ...["--kubeconfig", this.kubeconfig],
      ...["--namespace", this.namespace],
      ...["--helm", env("RC_HELM")],
      ...["--registry", `oci://${env("RC_REGISTRY")}/charts`, "--plain-http"],
      ...["--poll-interval", "2s", "--helm-timeout", helmTimeout],
      ...["--operator-version", version],
      ...(mapping ? ["--mapping", join(env("RC_CLUSTER_DIR"), mapping)] : []),
    ]);
  }

  async stopOperator(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.operator?.stop(signal);
    this.operator = undefined;
  }

  /** The Lease of an operator that is there and does nothing: for tests that write the status themselves. */
  holdLease(): void {
    const spec = { holderIdentity: "idle", leaseDurationSeconds: 3600, renewTime: microTime(Date.now()) };
    this.apply({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: LEASE }, spec });
  }

  /** Leaves the Lease as it stands `seconds` after its operator's end. */
  ageLease(seconds: number): void {
    const spec = { renewTime: microTime(Date.now() - seconds * 1000) };
    this.kubectl(["patch", "lease", LEASE, "--type", "merge", "-p", JSON.stringify({ spec })]);
  }

  createSecrets(): void {
    this.apply(this.file("secrets.yaml"));
  }

  /** The installation, small, at `version`, without waiting for anything. */
  createInstallation(version: string, readyAfter?: string): void {
    const rig = { rig: { readyAfter } };
    const slow = { spec: { advanced: { rawHelmOverrides: { platform: rig, dependencies: rig } } } };
    const manifest = [this.crd.small, this.crd.version(version), ...(readyAfter ? [slow] : [])].reduce<string>(
      (manifest, patch) =>
        this.kubectl(["patch", "--local", "-f", "-", "--type", "merge", "-o", "yaml", "-p", JSON.stringify(patch)], manifest),
      this.file(this.crd.file),
    );
    this.apply(manifest);
  }

  /** A kind of the test's own with this schema of its `spec`, for a page whose config.json names it. */
  async ownKind(spec: object): Promise<OwnKind> {
    const group = `${this.namespace}.example.org`;
    const kind = `Own${this.kinds.length}${this.namespace.replaceAll("-", "")}`;
    const own = { group, kind, plural: kind.toLowerCase() };
    this.kinds.push(`${own.plural}.${group}`);
    this.describeKind(own, spec);
    const crd = () => JSON.parse(this.kubectl(["get", "crd", `${own.plural}.${group}`, "-o", "json"]));
    await expect
      .poll(() => crd().status?.conditions)
      .toContainEqual(expect.objectContaining({ type: "Established", status: "True" }));
    return own;
  }

  /** Gives a kind of the test's own this schema of its `spec`. */
  describeKind({ group, kind, plural }: OwnKind, spec: object): void {
    const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
    this.apply({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, plural, singular: plural, listKind: `${kind}List` },
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    });
  }

  /** A working installation: operator, secrets, both releases Ready at `version`. */
  async install(version: string, { readyAfter, ...operator }: InstallOptions = {}): Promise<void> {
    this.startOperator(operator);
    this.createSecrets();
    this.createInstallation(version, readyAfter);
    await this.phase("Ready", version);
  }

  async proxy(options: ProxyOptions = {}): Promise<Proxy> {
    const www = mkdtempSync(join(tmpdir(), "rootcause-www-"));
    this.folders.push(www);
    cpSync(env("RC_DIST"), www, { recursive: true });
    const config = options.configText ?? JSON.stringify({ namespace: this.namespace, ...options.config });
    writeFileSync(join(www, "config.json"), config);
    const service = this.start(env("RC_KUBECTL"), [
      ...["--kubeconfig", options.kubeconfig ?? this.kubeconfig],
      ...(options.as ? ["--as", options.as] : []),
      ...["proxy", "--port", String(options.port ?? 0), `--www=${www}`, "--www-prefix=/admin/"],
      ...(options.exec ? ["--reject-paths=^$"] : []),
    ]);
    const [, port] = await service.says(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    return { url: `http://127.0.0.1:${port}/admin/`, port: Number(port), www, stop: () => service.stop() };
  }

  /** What the Helm chart comes to in this namespace, as YAML. */
  chart(values: Record<string, unknown> = {}): string {
    const args = ["template", "rootcause-admin", join(env("RC_CLUSTER_DIR"), "../../deploy/chart"), "--namespace", this.namespace];
    const run = spawnSync(env("RC_HELM"), [...args, "--values", "-"], { input: JSON.stringify(values), encoding: "utf8" });
    if (run.status !== 0) throw new Error(`helm ${args.join(" ")}: ${run.stderr}`);
    return run.stdout;
  }

  /** The address of the API server itself. */
  apiServer(): string {
    return this.kubectl(["config", "view", "--raw", "-o", "jsonpath={.clusters[0].cluster.server}"]);
  }

  /** The app behind nginx, as the Helm chart hosts it in the cluster. */
  async nginx({ path = "/", config = {} }: { path?: string; config?: Record<string, unknown> } = {}): Promise<Hosted> {
    return this.host({ path, config: { apiBase: "./k8s/", namespace: this.namespace, ...config } });
  }

  /** As `nginx`, with the chart's oauth2-proxy before it and a provider at which these users sign in. */
  async oauth2(users: string[]): Promise<Hosted & { issuer: string }> {
    const programs = env("RC_SIGN_IN");
    const home = mkdtempSync(join(tmpdir(), "rootcause-sign-in-"));
    this.folders.push(home);
    const config = (path: string) => this.kubectl(["config", "view", "--raw", "-o", `jsonpath={${path}}`]);
    const certificate = {
      certificate: config(".users[0].user.client-certificate"),
      key: config(".users[0].user.client-key"),
      authority: config(".clusters[0].cluster.certificate-authority"),
    };
    const [listen, port] = [`127.0.0.1:${await freePort()}`, await freePort()];
    const [issuer, address] = [`https://${listen}`, `http://127.0.0.1:${port}/`];
    const provider = this.start(join(programs, "provider"), [
      ...["-listen", listen, "-certificate", certificate.certificate, "-key", certificate.key],
      ...["-users", oauth2.users(home, users), "-client", oauth2.CLIENT, "-secret", oauth2.PASSWORD],
      ...["-redirect", `${address}oauth2/callback`],
    ]);
    await provider.says(/serving /);
    const trusted = /automatic_reloads_total\{.*status="success"\} (\d+)/;
    const reloads = () => Number(this.kubectl(["get", "--raw", "/metrics"]).match(trusted)?.[1] ?? 0);
    const before = reloads();
    oauth2.trust(env("RC_AUTHENTICATION"), issuer, certificate);
    // It looks at the file when that changes, and once a minute; the provider's keys come after that.
    const waiting = { timeout: 90_000, message: "waiting for the API server to trust the provider" };
    await expect.poll(reloads, waiting).toBeGreaterThan(before);
    const { log, deployment } = await this.host({
      config: { apiBase: "./k8s/", namespace: this.namespace },
      oauth2Proxy: { enabled: true, issuer, clientId: oauth2.CLIENT, address, port },
    });
    const front = this.start(join(programs, "oauth2-proxy"), oauth2.proxyArguments(deployment), undefined, {
      OAUTH2_PROXY_CLIENT_SECRET: oauth2.PASSWORD,
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(32).toString("base64url"),
      // A provider of the company's would have a certificate that everybody trusts.
      SSL_CERT_FILE: certificate.authority,
    });
    await expect.poll(() => answer(`${address}ping`, front), { message: "waiting for oauth2-proxy" }).toBe("OK");
    return { url: address, log, issuer };
  }

  /** The chart with these values: applied to the cluster, and its nginx started here. */
  private async host(values: { path?: string } & Record<string, unknown>): Promise<Hosted & { deployment: object }> {
    const port = await freePort();
    const path = values.path ?? "/";
    this.apply(this.chart({ ...values, port, apiServer: { address: this.apiServer() } }));
    const home = mkdtempSync(join(tmpdir(), "rootcause-nginx-"));
    this.folders.push(home);
    const get = (kind: string, name: string) => JSON.parse(this.kubectl(["get", kind, name, "-o", "json"]));
    const deployment = get("deployment", "rootcause-admin");
    const command = mount(deployment, (name) => get("configmap", name).data, env("RC_DIST"), home);
    // As root it serves as another user.
    chmodSync(home, 0o755);
    const log = join(home, "nginx.log");
    this.start(env("RC_NGINX"), command.slice(1), log);
    const logged = () => readFileSync(log, "utf8");
    const url = `http://127.0.0.1:${port}${path}`;
    await expect
      .poll(() => fetch(`${url}healthz`).then((it) => it.text(), logged), { message: "waiting for nginx" })
      .toBe("ok\n");
    return { url, log: logged, deployment };
  }

  /** A ServiceAccount of this name, and a token of it from the API server (TokenRequest). */
  token(account: string): string {
    this.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account } });
    return this.kubectl(["create", "token", account, "--duration", "10m"]).trim();
  }

  /** As `token`, for fewer seconds than the API server itself hands out: signed with its own key. */
  shortToken(account: string, seconds: number): string {
    const [header, payload] = this.token(account).split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const now = Math.floor(Date.now() / 1000);
    const short = { ...claims, iat: now, nbf: now, exp: now + seconds };
    const signed = `${header}.${Buffer.from(JSON.stringify(short)).toString("base64url")}`;
    // The rig signs tokens with the key that is also the administrator's.
    const key = this.kubectl(["config", "view", "--raw", "-o", "jsonpath={.users[0].user.client-key}"]);
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(readFileSync(key), "base64url")}`;
  }

  /** A line to this proxy that can be cut. */
  async line(proxy: Proxy): Promise<Line> {
    const line = await Line.to(proxy.port);
    this.lines.push(line);
    return line;
  }

  /** Lets `user` do what `rules` say in this namespace. */
  grant(user: string, rules: object[]): void {
    const metadata = { name: user.replace(/[^a-z]+/g, "-") };
    const apiGroup = "rbac.authorization.k8s.io";
    this.apply({ apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules });
    this.apply({
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      subjects: [{ kind: "User", name: user, apiGroup }],
      roleRef: { apiGroup, kind: "Role", name: metadata.name },
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.lines.map((it) => it.end()));
    await Promise.all(this.services.map((it) => it.stop()));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
    for (const kind of this.kinds) this.kubectl(["delete", "crd", kind, "--ignore-not-found", "--wait=false"]);
    this.kubectl(["delete", "namespace", this.namespace, "--wait=false"]);
  }
}
