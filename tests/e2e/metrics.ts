// A metrics server of a test's own: behind the API server's aggregation layer as the real one is, with the numbers that
// the test says, since fake nodes measure nothing.
import { expect } from "@playwright/test";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { servingCertificate } from "./kubelet.ts";
import type { Rig } from "./rig.ts";

const GROUP = "metrics.k8s.io";
const SERVICE = "metrics";

/** CPU and memory as Kubernetes writes them. */
export interface Usage {
  cpu: string;
  memory: string;
}

const IDLE: Usage = { cpu: "0", memory: "0" };

export class Metrics {
  private constructor(
    private rig: Rig,
    private server: Server,
  ) {}

  /**
   * `pods` by namespace and name ("NAMESPACE/NAME"; one container each), `nodes` by name: `null` for one that is not
   * measured. Those that are not named, such as other tests' own, use nothing.
   */
  static async start(rig: Rig, pods: Record<string, Usage>, nodes: Record<string, Usage | null>): Promise<Metrics> {
    const apiVersion = `${GROUP}/v1beta1`;
    const measured = { timestamp: new Date().toISOString().replace(/\.\d+/, ""), window: "15s" };
    const list = (kind: string, items: object[]) => ({ kind: `${kind}List`, apiVersion, metadata: {}, items });
    const answer = (path: string): object | undefined => {
      const [, , , , ...rest] = path.split("/");
      const verbs = ["get", "list"];
      if (rest.length === 0)
        return {
          ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion },
          resources: [
            { name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics", verbs },
            { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs },
          ],
        };
      if (rest[0] === "nodes") {
        const names = rig.kubectl(["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"]).split(" ");
        const usages = names.map((name) => ({ metadata: { name }, ...measured, usage: name in nodes ? nodes[name] : IDLE }));
        return list("NodeMetrics", usages.filter((it) => it.usage));
      }
      if (rest[0] !== "namespaces" || rest[2] !== "pods") return undefined;
      const own = Object.entries(pods).filter(([name]) => name.startsWith(`${rest[1]}/`));
      return list("PodMetrics", own.map(([name, usage]) => {
        const metadata = { name: name.split("/")[1], namespace: rest[1] };
        return { metadata, ...measured, containers: [{ name: "main", usage }] };
      }));
    };
    const server = createServer(servingCertificate(rig), (request, response) => {
      const found = answer(new URL(request.url ?? "", "https://metrics").pathname);
      response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ?? {}));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const metrics = new Metrics(rig, server);
    await metrics.register((server.address() as AddressInfo).port);
    return metrics;
  }

  /** Tells the API server to ask this server for its group. */
  private async register(port: number): Promise<void> {
    const { namespace } = this.rig;
    this.rig.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: SERVICE },
      spec: { type: "ExternalName", externalName: "localhost" },
    });
    this.rig.apply({
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1beta1.${GROUP}` },
      spec: {
        ...{ group: GROUP, version: "v1beta1", groupPriorityMinimum: 100, versionPriority: 100 },
        // The API server does not check the certificate, which is made for another name.
        insecureSkipTLSVerify: true,
        service: { name: SERVICE, namespace, port },
      },
    });
    // Looked at again and again: this process answers the API server meanwhile, which it does not while kubectl waits.
    const available = 'jsonpath={.status.conditions[?(@.type=="Available")].status}';
    const look = () => this.rig.kubectl(["get", "apiservice", `v1beta1.${GROUP}`, "-o", available]);
    await expect.poll(look, { timeout: 60_000, message: "waiting for the metrics API" }).toBe("True");
  }

  async stop(): Promise<void> {
    // A group without its server would hold up the deletion of every namespace.
    this.rig.kubectl(["delete", "apiservice", `v1beta1.${GROUP}`]);
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
