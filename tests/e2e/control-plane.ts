// etcd and API servers of a test's own, to kill. An API server may stand beside the rig's on the same etcd: the cluster
// goes on while the one is dead that the page speaks to.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "./nginx.ts";
import { expect } from "@playwright/test";

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the browser tests through \`cargo xtask test\``);
  return value;
}

/** A program that can be killed and started again as it was. */
abstract class Killable {
  private process?: ChildProcess;
  private output = "";

  protected abstract command(): [string, string[]];
  protected abstract ready(): Promise<boolean>;

  async start(): Promise<void> {
    const [program, args] = this.command();
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.on("data", (piece) => (this.output = (this.output + piece).slice(-4000)));
    this.process = child;
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(`${program} exited ${child.exitCode}: ${this.output}`);
      return this.ready().catch(() => false);
    };
    await expect.poll(ready, { timeout: 60_000, message: `waiting for ${program}` }).toBe(true);
  }

  /** Ends it at once, as a machine that fails does. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await exited;
  }
}

export class Etcd extends Killable {
  private constructor(
    readonly port: number,
    private peers: number,
    private data: string,
  ) {
    super();
  }

  static async start(): Promise<Etcd> {
    const data = mkdtempSync(join(tmpdir(), "rootcause-etcd-"));
    const etcd = new Etcd(await freePort(), await freePort(), data);
    await etcd.start();
    return etcd;
  }

  protected command(): [string, string[]] {
    const [client, peers] = [`http://127.0.0.1:${this.port}`, `http://127.0.0.1:${this.peers}`];
    return [
      join(env("RC_BINARIES"), "etcd"),
      [
        ...["--name", "own", "--data-dir", this.data],
        ...["--listen-client-urls", client, "--advertise-client-urls", client],
        ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", `own=${peers}`],
      ],
    ];
  }

  protected async ready(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.port}/health`)).ok;
  }

  /** Forgets all history up to now, as etcd does by itself every five minutes. */
  async compact(): Promise<void> {
    const ask = async (what: string, body: object) => {
      const answer = await fetch(`http://127.0.0.1:${this.port}/v3/kv/${what}`, { method: "POST", body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
      return answer.json() as Promise<{ header: { revision: string } }>;
    };
    const { header } = await ask("range", { key: Buffer.from("/").toString("base64") });
    await ask("compaction", { revision: header.revision, physical: true });
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }
}

export class ApiServer extends Killable {
  /** The administrator's way to this API server. */
  readonly kubeconfig: string;
  private folder = mkdtempSync(join(tmpdir(), "rootcause-api-"));

  private constructor(
    private port: number,
    private etcd: string,
  ) {
    super();
    this.kubeconfig = join(this.folder, "kubeconfig.yaml");
    const server = /server: https:\/\/\S+/;
    writeFileSync(this.kubeconfig, readFileSync(env("RC_KUBECONFIG"), "utf8").replace(server, `server: https://127.0.0.1:${port}`));
  }

  /** On this etcd, or on the rig's. */
  static async start(etcd?: Etcd): Promise<ApiServer> {
    const own = etcd && `http://127.0.0.1:${etcd.port}`;
    const server = new ApiServer(await freePort(), own ?? flag("etcd-servers"));
    await server.start();
    return server;
  }

  protected command(): [string, string[]] {
    const same = ["etcd-prefix", "tls-cert-file", "tls-private-key-file", "client-ca-file", "service-account-key-file", "service-account-signing-key-file", "service-account-issuer"];
    return [
      join(env("RC_BINARIES"), "kube-apiserver"),
      [
        `--etcd-servers=${this.etcd}`,
        `--secure-port=${this.port}`,
        "--bind-address=127.0.0.1",
        `--cert-dir=${this.folder}`,
        "--authorization-mode=Node,RBAC",
        "--anonymous-auth=false",
        // It is no part of the rig's own control plane.
        "--endpoint-reconciler-type=none",
        ...same.map((name) => `--${name}=${flag(name)}`),
      ],
    ];
  }

  protected async ready(): Promise<boolean> {
    const args = ["--kubeconfig", this.kubeconfig, "get", "--raw", "/readyz", "--request-timeout=5s"];
    const child = spawn(env("RC_KUBECTL"), args, { stdio: "ignore" });
    return new Promise((done) => child.once("exit", (code) => done(code === 0)));
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A flag of the rig's own API server, as kwokctl has written it down. */
function flag(name: string): string {
  const description = readFileSync(join(dirname(env("RC_KUBECONFIG")), "kwok.yaml"), "utf8");
  const value = description.match(new RegExp(`--${name}=(\\S+)`))?.[1];
  if (!value) throw new Error(`the rig's API server has no --${name}`);
  return value;
}
