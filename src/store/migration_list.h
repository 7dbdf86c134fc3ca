/*
 * The tables, as the steps in which they came to be: X(number, name, SQL). A step that
 * has been released is never changed (its checksum stands in every store); what is wrong
 * with it is mended by a later one.
 *
 * The SQL is what SQLite and PostgreSQL share: BIGINT, TEXT, BYTEA; identifiers are texts
 * or numbers that we give. Times are microseconds since 1970. A UNIQUE constraint lets
 * any number of NULLs pass, in both.
 */

/*
 * Who there is (directory/tenant.h). The words of `kind` and `state` are those of the
 * API; `labels` and `context` are JSON objects of texts. `sealed` columns are
 * keyring.h's.
 *
 * data_key: the owner is an account or an app; rotation.c walks it by master key.
 * credential: all secrets of an account as one sealed set; account.credential_version
 * names the one in use (0: none) and is the fence that writers compare.
 * app: environment NULL = the platform's default for the integration.
 * api_key: stage NULL = every stage; no row in api_key_environment = the whole stage.
 */
X(1, "tenants",
  "CREATE TABLE stage ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " name TEXT NOT NULL UNIQUE,"
  " kind TEXT NOT NULL,"
  " created BIGINT NOT NULL);"

  "CREATE TABLE environment ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " stage TEXT NOT NULL REFERENCES stage (id),"
  " external_id TEXT,"
  " name TEXT NOT NULL,"
  " labels TEXT NOT NULL,"
  " concurrency_max BIGINT NOT NULL,"
  " created BIGINT NOT NULL,"
  " updated BIGINT NOT NULL,"
  " UNIQUE (stage, external_id));"

  "CREATE TABLE app ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " environment TEXT REFERENCES environment (id),"
  " integration TEXT NOT NULL,"
  " name TEXT NOT NULL,"
  " settings TEXT NOT NULL,"
  " sealed BYTEA,"
  " created BIGINT NOT NULL,"
  " updated BIGINT NOT NULL);"
  "CREATE INDEX app_of_environment ON app (environment, integration);"

  "CREATE TABLE account ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " environment TEXT NOT NULL REFERENCES environment (id),"
  " integration TEXT NOT NULL,"
  " external_id TEXT,"
  " name TEXT,"
  " labels TEXT NOT NULL,"
  " context TEXT NOT NULL,"
  " app TEXT REFERENCES app (id),"
  " state TEXT NOT NULL,"
  " state_reason TEXT,"
  " concurrency_max BIGINT NOT NULL,"
  " credential_version BIGINT NOT NULL,"
  " created BIGINT NOT NULL,"
  " updated BIGINT NOT NULL,"
  " UNIQUE (environment, integration, external_id));"
  "CREATE INDEX account_of_app ON account (app);"

  "CREATE TABLE data_key ("
  " owner TEXT NOT NULL PRIMARY KEY,"
  " master_key TEXT NOT NULL,"
  " sealed BYTEA NOT NULL);"
  "CREATE INDEX data_key_of_master ON data_key (master_key, owner);"

  "CREATE TABLE credential ("
  " account TEXT NOT NULL REFERENCES account (id),"
  " version BIGINT NOT NULL,"
  " sealed BYTEA NOT NULL,"
  " created BIGINT NOT NULL,"
  " PRIMARY KEY (account, version));"

  "CREATE TABLE api_key ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " stage TEXT REFERENCES stage (id),"
  " label TEXT NOT NULL,"
  " hint TEXT NOT NULL,"
  " digest BYTEA NOT NULL UNIQUE,"
  " permissions BIGINT NOT NULL,"
  " expires BIGINT NOT NULL,"
  " last_used BIGINT NOT NULL,"
  " created BIGINT NOT NULL);"
  "CREATE INDEX api_key_of_stage ON api_key (stage);"

  "CREATE TABLE api_key_environment ("
  " api_key TEXT NOT NULL REFERENCES api_key (id),"
  " environment TEXT NOT NULL REFERENCES environment (id),"
  " PRIMARY KEY (api_key, environment));"
  "CREATE INDEX api_key_of_environment ON api_key_environment (environment, api_key);")

/*
 * audit: append-only; `sequence` comes from `counter`, whose row is locked until the
 * commit, so that sequence order is commit order and a reader that pages by it misses
 * nothing. setting: what the daemon remembers about itself.
 */
X(2, "audit",
  "CREATE TABLE counter ("
  " name TEXT NOT NULL PRIMARY KEY,"
  " value BIGINT NOT NULL);"
  "INSERT INTO counter (name, value) VALUES ('audit', 0);"

  "CREATE TABLE audit ("
  " sequence BIGINT NOT NULL PRIMARY KEY,"
  " time BIGINT NOT NULL,"
  " actor TEXT,"
  " peer TEXT,"
  " request_id TEXT,"
  " action TEXT NOT NULL,"
  " object_kind TEXT NOT NULL,"
  " object_id TEXT NOT NULL,"
  " environment TEXT,"
  " detail TEXT NOT NULL);"
  "CREATE INDEX audit_of_object ON audit (object_id, sequence);"
  "CREATE INDEX audit_of_environment ON audit (environment, sequence);"

  "CREATE TABLE setting ("
  " name TEXT NOT NULL PRIMARY KEY,"
  " value TEXT NOT NULL);")

/*
 * Every version of every integration document that was ever in use; the active one of
 * each. `source`: where it came from (a folder, the API). `hash`: of the document.
 */
X(3, "integrations",
  "CREATE TABLE integration_version ("
  " integration TEXT NOT NULL,"
  " revision BIGINT NOT NULL,"
  " hash TEXT NOT NULL,"
  " source TEXT NOT NULL,"
  " document TEXT NOT NULL,"
  " created BIGINT NOT NULL,"
  " created_by TEXT,"
  " PRIMARY KEY (integration, revision));"

  "CREATE TABLE integration_active ("
  " integration TEXT NOT NULL PRIMARY KEY,"
  " revision BIGINT NOT NULL,"
  " changed BIGINT NOT NULL,"
  " FOREIGN KEY (integration, revision)"
  " REFERENCES integration_version (integration, revision));")

/*
 * token: what is known of an account's token beside its secrets (directory/tenant.h,
 * struct token_facts). `intent` is the credential version from which an exchange at the
 * token endpoint began that has not been answered; `lease_until` and `lease_by` say who is
 * at it, `fence` counts the leases. event: the outbox (event/event.h).
 */
X(4, "tokens",
  "CREATE TABLE token ("
  " account TEXT NOT NULL PRIMARY KEY REFERENCES account (id),"
  " issued BIGINT NOT NULL,"
  " expires BIGINT NOT NULL,"
  " refresh_expires BIGINT NOT NULL,"
  " learned BIGINT NOT NULL,"
  " refreshed BIGINT NOT NULL,"
  " tried BIGINT NOT NULL,"
  " failures BIGINT NOT NULL,"
  " fault TEXT,"
  " intent BIGINT NOT NULL,"
  " lease_until BIGINT NOT NULL,"
  " lease_by TEXT,"
  " fence BIGINT NOT NULL);"

  "CREATE TABLE event ("
  " sequence BIGINT NOT NULL PRIMARY KEY,"
  " time BIGINT NOT NULL,"
  " type TEXT NOT NULL,"
  " environment TEXT,"
  " account TEXT,"
  " detail TEXT NOT NULL);"
  "CREATE INDEX event_of_account ON event (account, sequence);"
  "CREATE INDEX event_of_environment ON event (environment, sequence);"
  "INSERT INTO counter (name, value) VALUES ('event', 0);")

/*
 * connect_session (connect/session.h): who may connect which account, once. What proves
 * it is kept as digests: of the link's text, of the state that is at the vendor, and of
 * the browser that was sent there.
 */
X(5, "connect sessions",
  "CREATE TABLE connect_session ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " digest BYTEA NOT NULL UNIQUE,"
  " account TEXT NOT NULL REFERENCES account (id),"
  " return_url TEXT,"
  " force BIGINT NOT NULL,"
  " state BYTEA UNIQUE,"
  " browser BYTEA,"
  " ended BIGINT NOT NULL,"
  " expires BIGINT NOT NULL,"
  " created BIGINT NOT NULL,"
  " created_by TEXT);"
  "CREATE INDEX connect_session_of_account ON connect_session (account);"
  "CREATE INDEX connect_session_by_end ON connect_session (expires);")

/*
 * Apps as the directory keeps them. `settings`: a JSON object of client_id, redirect_uri,
 * scopes, params, return_urls. `chosen`: the app with the greatest one is the default of
 * its environment and integration; among equals the oldest. `sealed`: all secrets as one
 * set of the version `secret_version` (0: none), whose names are `secret_names`, a JSON
 * array.
 */
X(6, "apps",
  "ALTER TABLE app ADD COLUMN chosen BIGINT NOT NULL DEFAULT 0;"
  "ALTER TABLE app ADD COLUMN secret_version BIGINT NOT NULL DEFAULT 0;"
  "ALTER TABLE app ADD COLUMN secret_names TEXT NOT NULL DEFAULT '[]';")

/*
 * By which way of authentication of its integration an account is connected (NULL: the
 * default), and a session connects: `way` as it was minted (NULL: it did not say), `begun`
 * as the browser was sent to the vendor.
 */
X(7, "ways of authentication",
  "ALTER TABLE account ADD COLUMN way TEXT;"
  "ALTER TABLE connect_session ADD COLUMN way TEXT;"
  "ALTER TABLE connect_session ADD COLUMN begun TEXT;")

/* What the vendor has granted, in its words; NULL: it did not say. */
X(8, "scopes", "ALTER TABLE token ADD COLUMN scope TEXT;")

/*
 * Ends that are known before they come (directory/ending.h): of what an account or an app
 * has under that name. `told`: 1 once an event has said that it is near.
 */
X(9, "ends",
  "CREATE TABLE ending ("
  " owner TEXT NOT NULL,"
  " name TEXT NOT NULL,"
  " ends BIGINT NOT NULL,"
  " told BIGINT NOT NULL,"
  " PRIMARY KEY (owner, name));"
  "CREATE INDEX ending_by_time ON ending (ends);"
  "CREATE INDEX ending_untold ON ending (told, ends);")

/* When an account was connected last (0: before that was kept), and by which connect
 * session or API key; NULL: by the machine itself. */
X(10, "connected",
  "ALTER TABLE account ADD COLUMN connected BIGINT NOT NULL DEFAULT 0;"
  "ALTER TABLE account ADD COLUMN connected_by TEXT;")

/*
 * What an environment, or one of its accounts (`account` is '' for none), has laid over an
 * integration's document. `fitted`: the revision of the document that it fitted last.
 */
X(11, "overrides",
  "CREATE TABLE integration_override ("
  " integration TEXT NOT NULL,"
  " environment TEXT NOT NULL REFERENCES environment (id),"
  " account TEXT NOT NULL,"
  " revision BIGINT NOT NULL,"
  " hash TEXT NOT NULL,"
  " document TEXT NOT NULL,"
  " fitted BIGINT NOT NULL,"
  " changed BIGINT NOT NULL,"
  " changed_by TEXT,"
  " PRIMARY KEY (integration, environment, account));"
  "CREATE INDEX integration_override_of_environment ON integration_override (environment);"
  "CREATE INDEX integration_override_of_account ON integration_override (account);")

/*
 * Writes that Breakwater has taken responsibility for (writes/writes.h). `state` is one of
 * write_state_list.h; `lane` is NULL for one that its caller waits for. `sequence` comes
 * from `counter`; a lane's head is its queued write with the least. `key_digest`: of
 * account, verb, path and the caller's key, as long as that key is taken. `unsure`: an
 * attempt may have done it. `promised`: a caller was told that it will be done. `keep`:
 * when the row may go; 0: not yet.
 *
 * write_part: what it asks for, what was sent first, what came of it; sealed with the
 * account's data key, and apart, since a row is written again with each attempt.
 *
 * write_lane: lanes with queued writes, which are claimed: `due` is the head's;
 * `lease` counts up with each claim and is 0 while there is none.
 */
X(12, "writes",
  "CREATE TABLE write ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " sequence BIGINT NOT NULL,"
  " environment TEXT NOT NULL,"
  " account TEXT NOT NULL,"
  " integration TEXT NOT NULL,"
  " lane TEXT,"
  " state TEXT NOT NULL,"
  " verb TEXT NOT NULL,"
  " path TEXT NOT NULL,"
  " method TEXT,"
  " key_digest BYTEA UNIQUE,"
  " fingerprint BYTEA NOT NULL,"
  " vendor_key TEXT,"
  " promised BIGINT NOT NULL,"
  " unsure BIGINT NOT NULL,"
  " tries BIGINT NOT NULL,"
  " due BIGINT NOT NULL,"
  " accepted BIGINT NOT NULL,"
  " deadline BIGINT NOT NULL,"
  " first_sent BIGINT NOT NULL,"
  " ended BIGINT NOT NULL,"
  " keep BIGINT NOT NULL,"
  " lease BIGINT NOT NULL,"
  " reason TEXT,"
  " detail TEXT,"
  " status BIGINT NOT NULL,"
  " request_id TEXT NOT NULL);"
  "CREATE UNIQUE INDEX write_by_sequence ON write (sequence);"
  "CREATE INDEX write_of_account ON write (account, sequence);"
  "CREATE INDEX write_of_environment ON write (environment, sequence);"
  "CREATE INDEX write_queued ON write (account, lane, sequence) WHERE state = 'queued';"
  "CREATE INDEX write_open ON write (state, sequence)"
  " WHERE state = 'sending' OR state = 'needs_decision';"
  "CREATE INDEX write_kept ON write (keep) WHERE keep > 0;"
  "CREATE TABLE write_part ("
  " write TEXT NOT NULL REFERENCES write (id) ON DELETE CASCADE,"
  " part TEXT NOT NULL,"
  " sealed BYTEA NOT NULL,"
  " PRIMARY KEY (write, part));"
  "CREATE TABLE write_lane ("
  " account TEXT NOT NULL,"
  " lane TEXT NOT NULL,"
  " due BIGINT NOT NULL,"
  " lease BIGINT NOT NULL,"
  " PRIMARY KEY (account, lane));"
  "CREATE INDEX write_lane_due ON write_lane (account, lease, due);"
  "INSERT INTO counter (name, value) VALUES ('write', 0);"
  "INSERT INTO counter (name, value) VALUES ('write_lease', 0);")

/* Whose login at the vendor an account had when a write of it was accepted: a digest, or ''
 * where nothing is known of it. How old the write may become: `deadline` is so long after
 * it was accepted, and after somebody has it tried again. */
X(13, "whose writes, and for how long",
  "ALTER TABLE write ADD COLUMN login TEXT NOT NULL DEFAULT '';"
  "ALTER TABLE write ADD COLUMN age BIGINT NOT NULL DEFAULT 0;"
  "UPDATE write SET age = deadline - accepted;")

/*
 * hook: one event that a vendor has told of (hook/hook_store.h). Whose it is may not be
 * known yet (`account` NULL): then `claim` is what it says of that, MEMBER=VALUE. `request`
 * refers to the payload that it came in, `item` counts the events of that. `lane`: events
 * of an account that keep their order; NULL: none do. `keep`: when the row may go; 0: not
 * yet.
 *
 * event: `source` is what it came of, `subject` what it is about, by which events keep
 * their order. What an event brings of a customer's data is no part of `detail`: it is
 * sealed with the account's data key, in the row or, if it is large, in a payload.
 */
X(14, "webhooks in",
  "CREATE TABLE hook ("
  " sequence BIGINT NOT NULL PRIMARY KEY,"
  " integration TEXT NOT NULL,"
  " environment TEXT,"
  " account TEXT,"
  " claim TEXT,"
  " request TEXT NOT NULL,"
  " item BIGINT NOT NULL,"
  " event_id TEXT,"
  " type TEXT,"
  " happened BIGINT NOT NULL,"
  " received BIGINT NOT NULL,"
  " state TEXT NOT NULL,"
  " lane TEXT,"
  " due BIGINT NOT NULL,"
  " tries BIGINT NOT NULL,"
  " events BIGINT NOT NULL,"
  " reason TEXT,"
  " detail TEXT,"
  " ended BIGINT NOT NULL,"
  " keep BIGINT NOT NULL);"
  "CREATE INDEX hook_queued ON hook (account, sequence) WHERE state = 'queued';"
  "CREATE INDEX hook_unmatched ON hook (integration, claim, sequence)"
  " WHERE state = 'unmatched';"
  "CREATE INDEX hook_of_account ON hook (account, sequence);"
  "CREATE INDEX hook_of_environment ON hook (environment, sequence);"
  "CREATE INDEX hook_of_request ON hook (request);"
  "CREATE INDEX hook_kept ON hook (keep) WHERE keep > 0;"
  "INSERT INTO counter (name, value) VALUES ('hook', 0);"
  "INSERT INTO counter (name, value) VALUES ('journal', 0);"

  "ALTER TABLE event ADD COLUMN integration TEXT;"
  "ALTER TABLE event ADD COLUMN source TEXT;"
  "ALTER TABLE event ADD COLUMN subject TEXT;"
  "ALTER TABLE event ADD COLUMN sealed BYTEA;"
  "ALTER TABLE event ADD COLUMN payload TEXT;")

/*
 * account_gone: accounts that there were (directory/gone.h).
 *
 * hook_seen: by which a vendor's second delivery is known (hook/dedupe.h). `slot` is the
 * hour of receipt; hash and rest are a digest. `sequence` is the row that it became.
 *
 * hook_secret: what is kept of a webhook's own secrets (hook/secrets.h); `scope` is the id
 * of an account or app, or '' for the integration's own URL.
 *
 * hook.bytes: of the payload, in the first row of it for an account.
 *
 * hook_rejected: requests that were refused (hook/rejected.h), a bounded number of each
 * integration.
 */
X(15, "webhooks received",
  "CREATE TABLE account_gone (id TEXT NOT NULL PRIMARY KEY, gone BIGINT NOT NULL);"
  "CREATE TABLE hook_seen ("
  " slot BIGINT NOT NULL,"
  " hash BIGINT NOT NULL,"
  " rest BIGINT NOT NULL,"
  " received BIGINT NOT NULL,"
  " sequence BIGINT NOT NULL,"
  " PRIMARY KEY (slot, hash, rest));"
  "CREATE TABLE hook_secret ("
  " integration TEXT NOT NULL,"
  " scope TEXT NOT NULL,"
  " sealed BYTEA NOT NULL,"
  " changed BIGINT NOT NULL,"
  " PRIMARY KEY (integration, scope));"
  "CREATE TABLE hook_rejected ("
  " sequence BIGINT NOT NULL PRIMARY KEY,"
  " integration TEXT NOT NULL,"
  " environment TEXT,"
  " account TEXT,"
  " reason TEXT NOT NULL,"
  " received BIGINT NOT NULL,"
  " peer TEXT,"
  " sealed BYTEA NOT NULL);"
  "CREATE INDEX hook_rejected_of ON hook_rejected (integration, sequence);"
  "INSERT INTO counter (name, value) VALUES ('hook_rejected', 0);"
  "ALTER TABLE hook ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;"
  "CREATE INDEX event_with_payload ON event (payload) WHERE payload IS NOT NULL;")

/*
 * endpoint: where events go (deliver/endpoint.h). `document` is what it was made with, as
 * JSON; `sealed` its secrets, with a data key of its own (data_key.owner = its id), `shown` what
 * anybody may see of these. Of an
 * environment, or of a whole stage (NULL). `failing`: since when; 0: it is not.
 *
 * delivery: one event that goes to one endpoint (deliver/delivery_store.h). The counter
 * 'fan_out' says up to which event they were made. `due` is the wall time of the next
 * attempt; the greatest number where one before it with the same subject has to end
 * first. `tries`: attempts since it was last made pending, `attempts`: all. `keep`: when
 * the row may go; 0: not yet.
 */
X(16, "events out",
  "CREATE TABLE endpoint ("
  " id TEXT NOT NULL PRIMARY KEY,"
  " environment TEXT REFERENCES environment (id),"
  " stage TEXT NOT NULL REFERENCES stage (id),"
  " state TEXT NOT NULL,"
  " reason TEXT,"
  " failing BIGINT NOT NULL,"
  " document TEXT NOT NULL,"
  " shown TEXT NOT NULL,"
  " sealed BYTEA NOT NULL,"
  " version BIGINT NOT NULL,"
  " created BIGINT NOT NULL,"
  " updated BIGINT NOT NULL);"
  "CREATE TABLE delivery ("
  " sequence BIGINT NOT NULL PRIMARY KEY,"
  " endpoint TEXT NOT NULL,"
  " event BIGINT NOT NULL,"
  " type TEXT NOT NULL,"
  " environment TEXT,"
  " account TEXT,"
  " subject TEXT,"
  " state TEXT NOT NULL,"
  " due BIGINT NOT NULL,"
  " tries BIGINT NOT NULL,"
  " attempts BIGINT NOT NULL,"
  " bytes BIGINT NOT NULL,"
  " reason TEXT,"
  " status BIGINT NOT NULL,"
  " created BIGINT NOT NULL,"
  " ended BIGINT NOT NULL,"
  " keep BIGINT NOT NULL);"
  "CREATE INDEX delivery_due ON delivery (endpoint, due, sequence, bytes)"
  " WHERE state = 'pending';"
  "CREATE INDEX delivery_oldest ON delivery (endpoint, sequence)"
  " WHERE state = 'pending';"
  "CREATE INDEX delivery_subject ON delivery (endpoint, subject, sequence)"
  " WHERE state = 'pending' AND subject IS NOT NULL;"
  "CREATE INDEX delivery_of_endpoint ON delivery (endpoint, sequence);"
  "CREATE INDEX delivery_of_environment ON delivery (environment, sequence);"
  "CREATE INDEX delivery_of_account ON delivery (account, sequence);"
  "CREATE INDEX delivery_of_event ON delivery (event);"
  "CREATE INDEX delivery_kept ON delivery (keep) WHERE keep > 0;"
  "CREATE TABLE delivery_attempt ("
  " delivery BIGINT NOT NULL REFERENCES delivery (sequence) ON DELETE CASCADE,"
  " number BIGINT NOT NULL,"
  " time BIGINT NOT NULL,"
  " duration BIGINT NOT NULL,"
  " status BIGINT NOT NULL,"
  " fault TEXT,"
  " sealed BYTEA,"
  " PRIMARY KEY (delivery, number));"
  "INSERT INTO counter (name, value) VALUES ('delivery', 0);"
  "INSERT INTO counter (name, value) SELECT 'fan_out', value FROM counter"
  " WHERE name = 'event';")

/*
 * What was told of a vendor's records last (news/order.h): one order of versions for each,
 * whoever brings news of it. `version` NULL: the vendor has none; `time`, `sequence` as
 * order_place has them; `hash` of the unified record, '' for none; `revision` counts the
 * changes of the row, so that nobody stores over what he has not seen.
 *
 * Rows of an account are worked on in the order in which they are due, and a row waits for
 * those before it of its lane.
 */
X(17, "the order of records",
  "CREATE TABLE record_version ("
  " account TEXT NOT NULL,"
  " resource TEXT NOT NULL,"
  " id TEXT NOT NULL,"
  " version BIGINT,"
  " time BIGINT NOT NULL,"
  " sequence BIGINT NOT NULL,"
  " hash BYTEA NOT NULL,"
  " state TEXT NOT NULL,"
  " revision BIGINT NOT NULL,"
  " PRIMARY KEY (account, resource, id));"
  "DROP INDEX hook_queued;"
  "CREATE INDEX hook_queued ON hook (account, due, sequence) WHERE state = 'queued';"
  "CREATE INDEX hook_lane ON hook (account, lane, sequence)"
  " WHERE state = 'queued' AND lane IS NOT NULL;")

/*
 * How often events of a type come to an account (news/silence.h); `due`: from when on it
 * is silent, `silent`: that was told. `type` is '' where events have none.
 */
X(18, "habits of webhooks",
  "CREATE TABLE hook_habit ("
  " account TEXT NOT NULL,"
  " type TEXT NOT NULL,"
  " environment TEXT NOT NULL,"
  " integration TEXT NOT NULL,"
  " n BIGINT NOT NULL,"
  " first BIGINT NOT NULL,"
  " last BIGINT NOT NULL,"
  " turned BIGINT NOT NULL,"
  " longest BIGINT NOT NULL,"
  " longest_before BIGINT NOT NULL,"
  " silent BIGINT NOT NULL,"
  " due BIGINT NOT NULL,"
  " PRIMARY KEY (account, type));"
  "CREATE INDEX hook_habit_due ON hook_habit (due) WHERE silent = 0;")

/* When an attempt that may have done the write was sent last: from then on its vendor's
 * search may lag behind. What it takes while it is queued: the size of its sealed request.
 */
X(19, "when a write was sent last, and what it takes",
  "ALTER TABLE write ADD COLUMN last_sent BIGINT NOT NULL DEFAULT 0;"
  "ALTER TABLE write ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;"
  "UPDATE write SET last_sent = first_sent, bytes = COALESCE((SELECT LENGTH(p.sealed)"
  " FROM write_part AS p WHERE p.write = write.id AND p.part = 'request'), 0);")
