/*
 * What happens of which the product may want to hear: X(symbol, "type", what it says).
 */
X(ACCOUNT_NEEDS_REAUTH, "account.needs_reauth",
  "The credentials of an account no longer work at the vendor; its owner must connect it "
  "again. `reason` says how that was found out.")
X(ACCOUNT_REACTIVATED, "account.reactivated",
  "An account that had to be connected again works again.")
X(ACCOUNT_CONNECTED, "account.connected", "An account was connected for the first time.")
X(ACCOUNT_DEGRADED, "account.degraded",
  "An account works, but something about it needs a look. `reason` says what.")
X(ACCOUNT_RECOVERED, "account.recovered", "What was wrong with an account has passed.")
X(ACCOUNT_SAME_LOGIN, "account.same_login",
  "An account was connected with a login at the vendor with which another account of its "
  "environment is connected, too: `other`.")
X(ACCOUNT_PERSONAL_LOGIN, "account.personal_login",
  "An account was connected with a person's login, where its integration wants a service "
  "account: `member` of its context is `value`.")
X(ACCOUNT_CREDENTIALS_ENDING, "account.credentials_ending",
  "What an account was connected with is said to end within 14 days, or has ended: `what` "
  "(credentials, certificate) and `ends`.")
X(APP_SECRET_ENDING, "app.secret_ending",
  "A secret of an app is said to end within 14 days, or has ended: `app`, `what` and "
  "`ends`.")
X(BREAKER_OPENED, "breaker.opened",
  "Calls are refused for a while since the vendor fails: of an integration's `breaker`, which "
  "concerns everybody, or of one account's own. `integration`, `reason`.")
X(BREAKER_CLOSED, "breaker.closed",
  "Calls go through again: `breaker`, `integration`.")
X(WRITE_DELIVERED, "write.delivered",
  "The vendor has done a write that was queued: `write`, `verb`, `path`, `tries`.")
X(WRITE_DEAD, "write.dead",
  "A queued write was not done and will not be tried again by itself; `reason` says why: "
  "refused, tries, age.")
X(WRITE_NEEDS_DECISION, "write.needs_decision",
  "A write may have been done, and the vendor would not know a repeat as one: somebody "
  "must look, and retry or cancel it.")
X(WEBHOOKS_REJECTED_SPIKE, "webhooks.rejected_spike",
  "Far more webhooks of an integration are rejected than usual; usually its vendor has "
  "changed the secret: `integration`, `rejected`, `within_s`.")
X(WEBHOOKS_QUOTA, "webhooks.quota",
  "The webhooks that an environment keeps have reached their quota; new ones of it are "
  "answered 503: `bytes`, `bytes_max`.")
X(WRITE_CANCELLED, "write.cancelled", "A write was taken back before it was done.")
X(ENDPOINT_FAILING, "endpoint.failing",
  "More than half of the deliveries to an endpoint have failed lately: `endpoint`, `url`, "
  "`attempts`, `failures`, `paused`.")
X(ENDPOINT_RECOVERED, "endpoint.recovered",
  "Deliveries to an endpoint that was failing arrive again: `endpoint`, `url`.")
X(ENDPOINT_DISABLED, "endpoint.disabled",
  "An endpoint has answered 410 Gone and gets nothing any more: `endpoint`, `url`.")
X(ENDPOINT_OVERFLOWING, "endpoint.overflowing",
  "More waits for an endpoint than is kept for it: the oldest of it go to the dead letters. "
  "`endpoint`, `url`.")
X(ENDPOINT_TEST, "endpoint.test",
  "Somebody wants to see whether an endpoint takes events: `endpoint`. Goes to that "
  "endpoint alone.")
X(DELIVERY_DEAD, "delivery.dead",
  "An event was not delivered to an endpoint and will not be tried again by itself: "
  "`endpoint`, `url`, `event`, `event_type`, `delivery`, `tries`, `reason`.")
X(RECORD_CREATED, "record.created",
  "A record has come to be at a vendor, or is heard of for the first time.")
X(RECORD_UPDATED, "record.updated", "A record has changed at a vendor.")
X(RECORD_DELETED, "record.deleted", "A record is no more at a vendor.")
X(WEBHOOK_RECEIVED, "webhook.received",
  "A vendor has told of something for which its document has no rule: as it came.")
X(WEBHOOKS_SILENT, "webhooks.silent",
  "An account gets no more events of a type that used to come: `integration`, `type`, and "
  "`last`, when the last one came. Its webhook may have been switched off at the vendor.")
X(WEBHOOKS_RESUMED, "webhooks.resumed", "Events of a type that had gone quiet come again.")
