// The app in the cluster, behind the chart's nginx: what is served and how, and what is passed on to the API server.
import { readFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, shared, test, type Hosted } from "../test.ts";

const DEPLOY = join(import.meta.dirname, "../../../deploy");
const SUB_PATH = "/ops/rootcause/";

let hosted: Hosted;
let below: Hosted;
const it = shared(async (rig) => {
  await rig.install("0.1.15");
  hosted = await rig.nginx();
  below = await rig.nginx({ path: SUB_PATH });
});

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

/** One request, its address sent exactly as written. */
function ask(path: string, headers: Record<string, string> = {}, to: { url: string } = hosted): Promise<Answer> {
  const { port, pathname } = new URL(to.url);
  return new Promise((done, fail) => {
    const asked = request({ host: "127.0.0.1", port, path: pathname + path, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => {
        done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces).toString() });
      });
    });
    asked.on("error", fail);
    asked.end();
  });
}

/** The status line of the answer to a WebSocket's handshake. */
function handshake(path: string, headers: Record<string, string>, to: { url: string } = hosted): Promise<string> {
  const { port, host } = new URL(to.url);
  const lines = Object.entries({
    Host: host,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((done, fail) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", fail);
    socket.once("data", (bytes) => {
      done(bytes.toString().split("\r\n")[0] ?? "");
      socket.destroy();
    });
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  });
}

test("the bundle is served compressed as it was built, with its types and how long it may be kept", async () => {
  for (const to of [hosted, below]) {
    const page = await ask("", { "accept-encoding": "gzip, br" }, to);
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-encoding": "br",
      "cache-control": "no-cache",
    });
    const plain = await ask("", {}, to);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.body).toContain("<title>RootCause Admin</title>");
    const types = { wasm: "application/wasm", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };
    for (const [ending, type] of Object.entries(types)) {
      const name = plain.body.match(new RegExp(`\\./([\\w-]+\\.${ending})`))?.[1] ?? ending;
      for (const [accepted, encoding] of [
        ["gzip, deflate, br", "br"],
        ["gzip", "gzip"],
      ] as const) {
        const file = await ask(name, { "accept-encoding": accepted }, to);
        expect(file.status, name).toBe(200);
        expect(file.headers, name).toMatchObject({
          "content-type": type,
          "content-encoding": encoding,
          "cache-control": "public, max-age=31536000, immutable",
          vary: "Accept-Encoding",
        });
      }
    }
    expect((await ask("config.json", { "accept-encoding": "gzip, br" }, to)).headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "no-cache",
    });
    expect((await ask("nothing.js", {}, to)).status).toBe(404);
    expect((await ask("../ca/ca.crt", {}, to)).status).not.toBe(200);
    expect((await ask("nginx.conf", {}, to)).status).toBe(404);
  }
});

test("every page of it carries the strict headers, and the policy is the page's own", async () => {
  const { headers, body } = await ask("");
  const policy = body.match(/http-equiv="?Content-Security-Policy"?\s+content="([^"]+)"|content="([^"]+)"\s+http-equiv="?Content-Security-Policy/);
  // A page cannot forbid by itself to be framed.
  expect(headers["content-security-policy"]).toBe(`${policy?.[1] ?? policy?.[2]}; frame-ancestors 'none'`);
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    server: "nginx",
  });
});

test("the API is passed on with the user's own token, and to nobody without one", async () => {
  const { rig } = it();
  const authorization = `Bearer ${rig.token("hosted")}`;
  const asked = "k8s/apis/authentication.k8s.io/v1";
  const anonymous = await ask(asked);
  expect(anonymous.status).toBe(401);
  expect(JSON.parse(anonymous.body)).toMatchObject({ kind: "Status", code: 401, reason: "Unauthorized" });
  expect((await ask(asked, { authorization: "Basic YTpi" })).status).toBe(401);
  expect((await ask(asked, { authorization: "Bearer not-a-token" })).status).toBe(401);

  const known = await ask(asked, { authorization });
  expect(known.status).toBe(200);
  expect(known.headers).toMatchObject({
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  // The user's rights and no more.
  const secrets = await ask(`k8s/api/v1/namespaces/${rig.namespace}/secrets`, { authorization });
  expect(secrets.status).toBe(403);
  expect(secrets.body).toContain(`system:serviceaccount:${rig.namespace}:hosted`);
  expect(hosted.log()).not.toContain(authorization.slice(7, 60));
});

test("requests of other pages are refused, whatever they carry", async () => {
  const authorization = `Bearer ${it().rig.token("hosted")}`;
  const asked = "k8s/version";
  const from = async (headers: Record<string, string>) => (await ask(asked, { authorization, ...headers })).status;
  expect(await from({})).toBe(200);
  expect(await from({ "sec-fetch-site": "same-origin", origin: new URL(hosted.url).origin })).toBe(200);
  expect(await from({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await from({ "sec-fetch-site": "same-site" })).toBe(403);
  expect(await from({ origin: "https://evil.example" })).toBe(403);
  expect(await from({ origin: "null" })).toBe(403);
});

test("WebSockets are opened for a token, and for no other page", async () => {
  const { rig } = it();
  const token = rig.token("hosted");
  rig.grant(`system:serviceaccount:${rig.namespace}:hosted`, [
    { apiGroups: [""], resources: ["pods"], verbs: ["watch"] },
  ]);
  const path = `/k8s/api/v1/namespaces/${rig.namespace}/pods?watch=true`;
  const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString("base64url")}`;
  const protocols = { "Sec-WebSocket-Protocol": `${bearer}, base64.binary.k8s.io` };
  const origin = new URL(hosted.url).origin;
  // The API server learns of a right a moment after it is granted.
  await expect.poll(() => handshake(path, { ...protocols, Origin: origin })).toContain(" 101 ");
  expect(await handshake(path, { Origin: origin })).toContain(" 401 ");
  expect(await handshake(path, { ...protocols, Origin: "https://evil.example" })).toContain(" 403 ");
  expect(hosted.log()).not.toContain(bearer);
});

test("nothing is passed to what runs in the cluster, however it is written", async () => {
  const authorization = `Bearer ${it().rig.token("hosted")}`;
  for (const path of [
    "k8s/api/v1/namespaces/x/services/evil/proxy/",
    "k8s/api/v1/namespaces/x/services/http:evil:80/proxy/a.js",
    "k8s/api/v1/namespaces/x/pods/evil/proxy",
    "k8s/api/v1/namespaces/x/pods/evil/exec?command=sh",
    "k8s/api/v1/nodes/evil/proxy/logs/",
    "k8s/api/v1/namespaces/x/services/evil/%70roxy/",
    "k8s//api/v1/namespaces/x/services//evil/proxy/",
    "k8s/api/v1/namespaces/x/pods/../services/evil/proxy/",
  ]) {
    const answer = await ask(path, { authorization });
    expect(answer.status, path).toBe(403);
    expect(answer.body, path).toContain("this proxy passes on no proxy");
  }
  // Objects may have any name.
  expect((await ask("k8s/api/v1/namespaces/x/configmaps/proxy", { authorization })).body).toContain('configmaps \\"proxy\\" is forbidden');
  for (const path of ["k8s/metrics", "k8s/logs/", "k8s/debug/pprof/", "k8s/.well-known/openid-configuration", "k8s/"]) {
    expect((await ask(path, { authorization })).status, path).toBe(404);
  }
});

test("kubectl proxy answers to this machine's names only, and looks at no Origin", async () => {
  const { rig, proxy } = it();
  const { port } = new URL(proxy.url);
  const api = { url: new URL("/", proxy.url).href };
  expect((await ask("version", {}, api)).status).toBe(200);
  // A name of somebody else's that leads here (DNS rebinding).
  expect((await ask("version", { host: `evil.example:${port}` }, api)).status).toBe(403);
  expect((await ask("version", { origin: "https://evil.example" }, api)).headers["access-control-allow-origin"]).toBeUndefined();
  // What docs/security.md warns of: were this refused some day, the warning can go.
  const path = `/api/v1/namespaces/${rig.namespace}/pods?watch=true`;
  expect(await handshake(path, { Origin: "https://evil.example" }, api)).toContain(" 101 ");
});

const OAUTH2 = {
  oauth2Proxy: {
    enabled: true,
    issuer: "https://id.example",
    clientId: "rootcause-admin",
    address: "https://rootcause.example/",
  },
  ingress: { enabled: true, host: "rootcause.example", tlsSecret: "rootcause-tls" },
};

for (const [name, values] of [
  ["token", {}],
  ["oauth2-proxy", OAUTH2],
] as const) {
  test(`the manifests in ${name}.yaml are the chart's, and the API server takes them under its strictest rules`, async () => {
    const { rig } = it();
    const manifest = readFileSync(join(DEPLOY, `manifests/${name}.yaml`), "utf8");
    const rendered = rig.chart(values).replaceAll(`namespace: ${rig.namespace}`, "namespace: rootcause");
    expect(manifest.replace(/^# .*\n/, "")).toBe(rendered);
    rig.kubectl(["label", "namespace", rig.namespace, "pod-security.kubernetes.io/warn=restricted", "--overwrite"]);
    const here = manifest.replaceAll("namespace: rootcause\n", `namespace: ${rig.namespace}\n`);
    const said = rig.kubectlSays(["apply", "--dry-run=server", "--validate=strict", "-f", "-"], here);
    expect(said).toContain("deployment.apps/rootcause-admin");
    expect(said).not.toContain("Warning");
  });
}
