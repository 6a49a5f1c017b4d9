// Many objects, made straight through the API.
import type { Proxy, Rig } from "./rig.ts";

/** Requests that are under way at the same time. */
const LANES = 16;

/** Sends something to the API server through a proxy. */
export async function send({ port }: Proxy, method: string, path: string, body: object, type = "application/json"): Promise<void> {
  const headers = { "content-type": type };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.arrayBuffer();
}

/** Does something for each index up to `count`, many at a time. */
export async function each(count: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Makes so many core objects in the rig's namespace. */
export async function crowd(rig: Rig, proxy: Proxy, plural: string, count: number, object: (index: number) => object): Promise<void> {
  rig.kubectl(["wait", "--for=create", "serviceaccount/default", "--timeout=30s"]);
  const path = `/api/v1/namespaces/${rig.namespace}/${plural}`;
  await each(count, (index) => send(proxy, "POST", path, { apiVersion: "v1", ...object(index) }));
}

/** An index as names have it, so that names are in the order of their indices. */
export const number = (index: number): string => String(index).padStart(5, "0");
