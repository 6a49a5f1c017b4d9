// The app as the Helm chart hosts it: the chart goes to the cluster, and what a kubelet would mount and start for its
// nginx is mounted and started here, with the system's own nginx.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What of a Deployment's container the rig needs. */
interface Container {
  name: string;
  command: string[];
  volumeMounts: { name: string; mountPath: string; subPath?: string }[];
}

interface Volume {
  name: string;
  configMap?: { name: string };
  projected?: unknown;
}

/** Where the chart's nginx has its files. */
const HOME = "/srv";

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** The built app as the chart's ConfigMaps hold it: each file compressed in both ways, and not as it is. */
export function compress(dist: string, bundle: string): void {
  mkdirSync(bundle, { recursive: true });
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
  for (const name of readdirSync(dist).filter((it) => !/\.(br|gz)$/.test(it))) {
    const bytes = readFileSync(join(dist, name));
    writeFileSync(join(bundle, `${name}.br`), brotliCompressSync(bytes, quality));
    writeFileSync(join(bundle, `${name}.gz`), gzipSync(bytes));
  }
}

/**
 * Lays out below `home` what the pod's nginx would see, and gives the command that starts it there. `read` gives a
 * ConfigMap's data.
 */
export function mount(deployment: any, read: (configMap: string) => Record<string, string>, dist: string, home: string): string[] {
  const { containers, volumes } = deployment.spec.template.spec as { containers: Container[]; volumes: Volume[] };
  const nginx = containers.find((it) => it.name === "nginx");
  if (!nginx) throw new Error("the chart has no container nginx");
  const here = (path: string) => path.replace(HOME, home);
  for (const { name, mountPath, subPath } of nginx.volumeMounts) {
    const volume = volumes.find((it) => it.name === name);
    const folder = here(mountPath);
    if (volume?.configMap) {
      const data = read(volume.configMap.name);
      if (subPath) {
        writeFileSync(folder, data[subPath] ?? "");
        continue;
      }
      mkdirSync(folder, { recursive: true });
      for (const [key, text] of Object.entries(data)) writeFileSync(join(folder, key), text);
    } else if (volume?.projected) {
      compress(dist, folder);
    } else {
      mkdirSync(folder, { recursive: true });
    }
  }
  return nginx.command.map(here);
}
