// npm's oidc-provider on a free port of 127.0.0.1, for NodeOidcProvider (__init__.py), which says what it can do.
// node server.mjs <folder that has node_modules> <options as JSON>; prints one line, {"port": ...}; ends with its stdin.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, json] = process.argv.slice(2);
const options = JSON.parse(json);
const { default: Provider, errors } = await import(
  pathToFileURL(createRequire(`${folder}/`).resolve("oidc-provider")).href
);

const RESOURCE = "urn:weaviate";
const GRANT = "password";
const jwk = { ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };

// With a resource server access tokens are JWTs, which Weaviate needs; their `aud` is what it is told as client id.
const resource = {
  scope: "openid offline_access",
  audience: options.audience,
  accessTokenFormat: "jwt",
  accessTokenTTL: options.expires_in,
  jwt: { sign: { alg: "RS256" } },
};

const configuration = {
  clients: options.clients.map(({ id, secret, auth }) => ({
    client_id: id,
    ...(secret ? { client_secret: secret } : {}),
    token_endpoint_auth_method: secret ? auth : "none",
    grant_types: [...(secret ? ["client_credentials"] : []), GRANT, "refresh_token"],
    redirect_uris: [],
    response_types: [],
  })),
  jwks: { keys: [jwk] },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  scopes: ["openid", "offline_access"],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: options.rotate,
  ttl: { IdToken: options.expires_in, RefreshToken: 3600, Grant: 3600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => resource,
    },
  },
};

/** The grant that oidc-provider leaves out: a user's name and password for tokens. */
async function password(ctx) {
  const { client, params } = ctx.oidc;
  if (!params.username || options.users[params.username] !== params.password) {
    throw new errors.InvalidGrant("wrong user or password");
  }
  const accountId = params.username;
  const scope = params.scope ?? "";
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope("openid offline_access");
  grant.addResourceScope(RESOURCE, resource.scope);
  const grantId = await grant.save();
  const common = { accountId, client, grantId, gty: GRANT, scope: scope || undefined };

  const access = new provider.AccessToken(common);
  access.resourceServer = new provider.ResourceServer(RESOURCE, resource);
  const answer = { access_token: await access.save(), expires_in: access.expiration, token_type: access.tokenType };
  if (scope) answer.scope = scope;
  const scopes = scope.split(" ");
  if (scopes.includes("offline_access")) {
    answer.refresh_token = await new provider.RefreshToken({ ...common, resource: RESOURCE }).save();
  }
  if (scopes.includes("openid")) {
    const identity = new provider.IdToken({ sub: accountId }, { ctx });
    identity.scope = "openid";
    answer.id_token = await identity.issue({ use: "idtoken" });
  }
  ctx.body = answer;
}

let provider;
let answer;
const grants = [];
const server = createServer((request, response) => {
  if (request.url === "/-/grants") {
    response.end(JSON.stringify(grants));
  } else {
    answer(request, response);
  }
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  provider = new Provider(`http://127.0.0.1:${port}`, configuration);
  provider.registerGrantType(GRANT, password, ["username", "password", "scope"]);
  provider.on("grant.success", (ctx) => grants.push([ctx.oidc.params.grant_type, "ok"]));
  provider.on("grant.error", (ctx, error) => grants.push([ctx.oidc?.params?.grant_type ?? null, error.error]));
  provider.on("server_error", (ctx, error) => console.error(error));
  answer = provider.callback();
  console.log(JSON.stringify({ port }));
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
