// A Breakwater with accounts whose tokens a real authorization server gives for a while, with
// refresh tokens that rotate.
import { between } from "./between.mjs";
import { folderOf } from "./documents.mjs";
import { oidc } from "./oidc.mjs";
import { breakwater, until } from "./run.mjs";
import { ask } from "./wire.mjs";

// The token block of an integration with that server; `url` is where the tokens come from.
export const tokenOf = (server, changes = {}) => ({
  scheme: "bearer",
  token: { grant: "authorization_code", authorize_url: server.authorizeUrl, url: server.tokenUrl, client: "basic", ...changes },
});

async function accountOf({ server, bw, key }, client, external_id) {
  const minted = await server.mint(external_id, client);
  const { client_id, client_secret } = server.clients[client];
  const account = await bw.account("vendor", { external_id, credentials: {
    token: minted.access_token, refresh_token: minted.refresh_token, client_id, ...(client_secret && { client_secret }) } });
  const url = `${bw.proxy(account)}/contacts`;
  const call = (agent) => ask(url, { agent, headers: { authorization: `Bearer ${key}` } });
  const show = () => bw.api("GET", `accounts/${account.id}`);
  const renew = () => bw.api("POST", `accounts/${account.id}/renew`);
  return { account, minted, url, call, show, renew };
}

// `seconds` is how long tokens live; `names` are the accounts'; with `way` the token endpoint
// is reached over one on which things can go wrong; the rest is the daemon's. What there is of an account is that of the
// first, too.
export async function renewed({ seconds = 3600, names = ["acme"], client = "basic", token = {}, options = {}, changes = {}, way = false, revokes = false, ...daemon } = {}) {
  const server = await oidc({ access_seconds: seconds, ...options });
  const it = { server, way: way ? await between(server.url) : undefined };
  const block = tokenOf(server, { ...(way && { url: `${it.way.url}/token` }), ...(revokes && { revoke_url: server.revocationUrl }), ...token });
  it.bw = await breakwater({ ...daemon, integrations: folderOf(server.document("vendor", block, changes)) });
  it.key = await it.bw.callKey();
  it.accounts = [];
  for (const name of names) it.accounts.push(await accountOf(it, client, name));
  // Until the server has seen so many refreshes, and the last of them has ended here.
  const isQuiet = async () => (await Promise.all(it.accounts.map(({ show }) => show()))).every(({ token }) => !token.renewing);
  it.refreshes = (n) => until(`refresh ${n}`, async () => (await server.stats()).refreshes >= n && isQuiet());
  return { ...it, ...it.accounts[0] };
}
