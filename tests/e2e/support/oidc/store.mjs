// What the authorization server remembers. The package's own store forgets after 1,000
// entries and lets two racing uses of one refresh token both win; this one does as a
// database with a compare-and-set.
import { errors } from "oidc-provider";

const entries = new Map(), grants = new Map(), uids = new Map(), revoked = new Set();
const now = () => Date.now() / 1000;

// Seconds in which a used refresh token may be used again.
export const leniency = { seconds: 0 };
export const revokedGrants = () => revoked.size;

export function revokeGrant(grant) {
  if (!revoked.has(grant)) revoked.add(grant);
  for (const key of grants.get(grant) ?? []) entries.delete(key);
  entries.delete(`Grant:${grant}`);
  grants.delete(grant);
}

// Removes what of a model the predicate wants gone; answers how many there were.
export function removeWhere(model, predicate) {
  const found = [...entries].filter(([key, { payload }]) => key.startsWith(`${model}:`) && predicate(payload));
  for (const [key] of found) entries.delete(key);
  return found.length;
}

export function grantsWhere(predicate) {
  return [...entries].filter(([key, { payload }]) => key.startsWith("Grant:") && predicate(payload))
    .map(([key]) => key.slice("Grant:".length));
}

export class Store {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  // What a request that lost the race makes after its grant was revoked is never alive.
  async upsert(id, payload, seconds) {
    const grant = /Token$|Code$/.test(this.model) && payload.grantId;
    if (grant && revoked.has(grant)) return;
    if (grant) grants.set(grant, (grants.get(grant) ?? new Set()).add(this.key(id)));
    if (payload.uid) uids.set(payload.uid, id);
    entries.set(this.key(id), { payload: { ...payload }, end: seconds ? now() + seconds : Infinity });
  }

  async find(id) {
    const entry = entries.get(this.key(id));
    if (!entry || entry.end <= now()) return undefined;
    const { consumed, ...rest } = entry.payload;
    return consumed && now() - consumed >= leniency.seconds ? { ...rest, consumed } : rest;
  }

  async findByUid(uid) {
    return this.find(uids.get(uid));
  }

  async findByUserCode() {}

  async destroy(id) {
    entries.delete(this.key(id));
  }

  async consume(id) {
    const entry = entries.get(this.key(id));
    const used = entry?.payload.consumed;
    if (entry && !used) entry.payload.consumed = now();
    if (entry && (!used || now() - used < leniency.seconds)) return;
    if (entry) revokeGrant(entry.payload.grantId);
    throw new errors.InvalidGrant("refresh token already used, in a race");
  }

  async revokeByGrantId(grant) {
    revokeGrant(grant);
  }
}
