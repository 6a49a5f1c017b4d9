// The company's sign-in as the Helm chart has it: oauth2-proxy with the chart's own arguments, before the chart's nginx, and
// an OpenID Connect provider that the API server trusts too.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const CLIENT = "rootcause-admin";
export const PASSWORD = "not a secret";

/** Where the rig's certificate for 127.0.0.1 is, with its key and who signed it: the API server's own. */
export interface Certificate {
  certificate: string;
  key: string;
  authority: string;
}

/** The file of these users, as the provider reads it. */
export function users(folder: string, names: string[]): string {
  const user = (name: string) => ({
    ...{ ID: name, Username: name, Password: PASSWORD, FirstName: name, LastName: "Example" },
    ...{ Email: `${name}@example.com`, EmailVerified: true },
  });
  const file = join(folder, "users.json");
  writeFileSync(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, user(name)]))));
  return file;
}

/** Has the API server take this issuer's tokens, for the client of the rig: their users are `oidc:NAME`. */
export function trust(authentication: string, issuer: string, { authority }: Certificate): void {
  const certificateAuthority = readFileSync(authority, "utf8");
  const jwt = {
    issuer: { url: issuer, audiences: [CLIENT], certificateAuthority },
    claimMappings: { username: { claim: "sub", prefix: "oidc:" } },
  };
  const configuration = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [jwt] };
  writeFileSync(authentication, JSON.stringify(configuration));
}

/** The arguments of the chart's oauth2-proxy. */
export function proxyArguments(deployment: any): string[] {
  const container = deployment.spec.template.spec.containers.find((it: { name: string }) => it.name === "oauth2-proxy");
  return container.args;
}
