// A kubelet of a test's own: a node whose containers log what the test says, when it says it. The API server asks it for
// logs as it asks any kubelet, so that what reaches the browser went the whole real way.
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import type { Rig } from "./rig.ts";

/** A container's log: lines with their times, and who follows it. */
interface Log {
  lines: { at: number; text: Buffer }[];
  previous: string[];
  followers: Set<ServerResponse>;
}

/** A time, in microseconds, as kubelets write it. */
function stamp(microseconds: number): string {
  const rest = String(microseconds % 1000).padStart(3, "0");
  return new Date(Math.floor(microseconds / 1000)).toISOString().replace("Z", `${rest}000Z`);
}

/** A certificate and its key for a server that only the API server speaks to: it checks neither here, so that those of
 * the rig's client will do. */
export function servingCertificate(rig: Rig): { cert: Buffer; key: Buffer } {
  const { users } = JSON.parse(rig.kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]));
  const [{ user }] = users;
  const decode = (text: string) => Buffer.from(text, "base64");
  return { cert: decode(user["client-certificate-data"]), key: decode(user["client-key-data"]) };
}

export class Kubelet {
  private logs = new Map<string, Log>();
  /** The query of every request for a log. */
  readonly asked: { pod: string; query: URLSearchParams }[] = [];
  /** Refuses requests with this status and these words. */
  refuse?: { status: number; words: string };

  private constructor(
    readonly node: string,
    private rig: Rig,
    private server: Server,
  ) {}

  static async start(rig: Rig): Promise<Kubelet> {
    const server = createServer(servingCertificate(rig));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const kubelet = new Kubelet(`kubelet-${randomUUID().slice(0, 8)}`, rig, server);
    server.on("request", (request, response) => kubelet.answer(request, response));
    kubelet.register((server.address() as AddressInfo).port);
    return kubelet;
  }

  private register(port: number): void {
    const now = new Date().toISOString().replace(/\.\d+/, "");
    const room = { cpu: "8", memory: "16Gi", pods: "100" };
    this.rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: this.node },
      // Nothing else is to be scheduled here.
      spec: { taints: [{ key: "rig.rootcause.dev/kubelet", effect: "NoSchedule" }] },
      status: {
        capacity: room,
        allocatable: room,
        conditions: [
          { type: "Ready", status: "True", reason: "Rig", lastHeartbeatTime: now, lastTransitionTime: now },
        ],
        addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    });
  }

  /** Makes a pod on this node, and waits until it runs. */
  run(pod: string, containers: string[] = [pod], labels: Record<string, string> = {}): void {
    this.rig.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, labels },
      spec: { nodeName: this.node, containers: containers.map((name) => ({ name, image: "rig" })) },
    });
    this.rig.kubectl(["wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=60s"]);
  }

  private of(pod: string, container = pod): Log {
    const key = `${pod}/${container}`;
    const log = this.logs.get(key) ?? { lines: [], previous: [], followers: new Set() };
    this.logs.set(key, log);
    return log;
  }

  /** The pod's container writes these lines now, or `ago` milliseconds ago, a microsecond apart. */
  write(pod: string, lines: (string | Buffer)[], { ago = 0, container = pod } = {}): void {
    const log = this.of(pod, container);
    const start = (Date.now() - ago) * 1000;
    const written = lines.map((line, index) => ({ at: start + index, text: Buffer.from(line as string) }));
    log.lines = log.lines.concat(written);
    for (const follower of log.followers) follower.write(this.bytes(written));
  }

  /** What the run before the latest restart wrote. */
  before(pod: string, lines: string[], container = pod): void {
    this.of(pod, container).previous = lines;
  }

  /** Cuts off everybody who follows. */
  cut(): void {
    for (const { followers } of this.logs.values()) for (const follower of followers) follower.destroy();
  }

  followers(pod: string, container = pod): number {
    return this.of(pod, container).followers.size;
  }

  private bytes(lines: Log["lines"]): Buffer {
    return Buffer.concat(lines.flatMap(({ at, text }) => [Buffer.from(`${stamp(at)} `), text, Buffer.from("\n")]));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "https://kubelet");
    const [, kind, , pod, container] = url.pathname.split("/");
    const { searchParams: query } = url;
    this.asked.push({ pod, query });
    if (this.refuse || kind !== "containerLogs") {
      response.writeHead(this.refuse?.status ?? 404).end(this.refuse?.words);
      return;
    }
    const log = this.of(pod, container);
    let lines = query.get("previous") === "true" ? log.previous.map((text) => ({ at: Date.now() * 1000, text: Buffer.from(text) })) : log.lines;
    const since = query.get("sinceTime") ? Date.parse(query.get("sinceTime")!) * 1000 : undefined;
    const seconds = query.get("sinceSeconds");
    const from = since ?? (seconds ? (Date.now() - Number(seconds) * 1000) * 1000 : 0);
    lines = lines.filter(({ at }) => at >= from);
    const tail = query.get("tailLines");
    if (tail) lines = lines.slice(-Number(tail));
    response.writeHead(200, { "content-type": "text/plain" });
    response.write(this.bytes(lines));
    if (query.get("follow") !== "true") {
      response.end();
      return;
    }
    response.flushHeaders();
    log.followers.add(response);
    response.on("close", () => log.followers.delete(response));
  }

  async stop(): Promise<void> {
    this.rig.kubectl(["delete", "node", this.node, "--wait=false"]);
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
