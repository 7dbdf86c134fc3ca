/*
 * The routes of the admin API: X(verb, pattern, handler, permission, "doc"). `permission`
 * is what the key must have; NONE = no key is asked for. Each handler is a
 * `const struct api_handler handler_<handler>` in the file of its resource.
 *
 * Each route is driven by a test of tests/unit/api that names its handler.
 */

X(GET, "/v1/stages", stages_list, READ, "The stages that the key sees.")
X(POST, "/v1/stages", stages_create, ADMIN, "Makes a stage. Takes a key of all stages.")
X(GET, "/v1/stages/{stage}", stages_get, READ, "One stage.")
X(DELETE, "/v1/stages/{stage}", stages_delete, ADMIN,
  "Deletes a stage that has no environments, keys and endpoints left. Takes a key of all stages.")

X(GET, "/v1/environments", environments_list, READ, "The environments that the key sees.")
X(POST, "/v1/environments", environments_create, WRITE,
  "Makes an environment in a stage.")
X(GET, "/v1/environments/{environment}", environments_get, READ, "One environment.")
X(PATCH, "/v1/environments/{environment}", environments_update, WRITE,
  "Changes the members that are given; labels are replaced as a whole.")
X(DELETE, "/v1/environments/{environment}", environments_delete, WRITE,
  "Deletes an environment that has no accounts, apps, keys limited to it and endpoints left.")

X(GET, "/v1/accounts", accounts_list, READ, "The accounts that the key sees.")
X(POST, "/v1/accounts", accounts_create, WRITE,
  "Makes an account. With credentials it is active at once, and the key needs `secrets` "
  "too.")
X(GET, "/v1/accounts/{account}", accounts_get, READ,
  "One account, with what stands in the way of its calls and its present standing.")
X(PATCH, "/v1/accounts/{account}", accounts_update, WRITE,
  "Changes the members that are given; labels and context are replaced as a whole.")
X(DELETE, "/v1/accounts/{account}", accounts_delete, WRITE,
  "Deletes an account and destroys its data key: nothing that it sealed can be read "
  "again. While it has writes that have not ended it is `deleting`: its calls are refused, "
  "its writes go on, and it goes when the last has ended. Where the token block has a "
  "revoke_url its grant ends at the vendor before; what came of that stands in the audit "
  "log.")
X(PUT, "/v1/accounts/{account}/credentials", accounts_credentials, SECRETS,
  "Stores credentials in place of all before. An account that is connecting or needs to "
  "be connected again becomes active.")
X(POST, "/v1/accounts/{account}/enable", accounts_enable, WRITE,
  "Switches an account on again.")
X(POST, "/v1/accounts/{account}/disable", accounts_disable, WRITE,
  "Switches an account off: its calls are refused until it is enabled.")
X(POST, "/v1/accounts/{account}/renew", accounts_renew, WRITE,
  "Renews the account's token now, whatever the plan: also after failures, and to see "
  "whether an account that needs to be connected again is taken once more. What came of "
  "it, the account shows.")

X(POST, "/v1/connect-sessions", connect_sessions_create, SECRETS,
  "Makes a link with which a person connects an account in a browser, once.")

X(GET, "/v1/apps", apps_list, READ,
  "The OAuth clients with which accounts are connected: those that the key reaches, and "
  "the platform's.")
X(POST, "/v1/apps", apps_create, WRITE,
  "Makes an app of an environment, or of the platform, which takes a key of all stages "
  "with `admin`. With secrets the key needs `secrets` too.")
X(GET, "/v1/apps/{app}", apps_get, READ,
  "One app; of its secrets, only which are stored.")
X(PATCH, "/v1/apps/{app}", apps_update, WRITE,
  "Changes the members that are given; params and lists are replaced as a whole. An app "
  "of the platform takes a key of all stages with `admin`, here and below.")
X(DELETE, "/v1/apps/{app}", apps_delete, WRITE,
  "Deletes an app with which no account is connected any more, and destroys its data "
  "key.")
X(PUT, "/v1/apps/{app}/secrets", apps_secrets, SECRETS,
  "Stores secrets in place of all before.")
X(PATCH, "/v1/apps/{app}/secrets", apps_some_secrets, SECRETS,
  "Stores the secrets that are given, takes away those that are null, and keeps the "
  "others. When client_secret is taken away, client_secret_next takes its place.")

X(GET, "/v1/keys", keys_list, ADMIN, "The API keys within the reach of this one.")
X(POST, "/v1/keys", keys_create, ADMIN,
  "Makes a key with at most the permissions and the reach of this one. Its text is shown "
  "in this answer and never again.")
X(GET, "/v1/keys/{key}", keys_get, ADMIN, "One key, without its text.")
X(PATCH, "/v1/keys/{key}", keys_update, ADMIN,
  "Changes the members that are given; permissions and environments are replaced as a "
  "whole.")
X(DELETE, "/v1/keys/{key}", keys_delete, ADMIN,
  "Deletes a key: from then on it is unknown.")

X(GET, "/v1/integrations", integrations_list, READ, "The integrations in use.")
X(GET, "/v1/integrations/{integration}", integrations_get, READ,
  "One integration: the credentials it wants, its resources, its document.")
X(PUT, "/v1/integrations/{integration}", integrations_put, ADMIN,
  "Checks a document and, if it has no fault, makes it the version in use. Calls under "
  "way end with the version they began with. Takes a key of all stages.")
X(DELETE, "/v1/integrations/{integration}", integrations_delete, ADMIN,
  "Takes an integration out of use; its versions are kept. Takes a key of all stages.")
X(POST, "/v1/integrations/{integration}/check", integrations_check, READ,
  "Checks a document and changes nothing.")
X(GET, "/v1/integrations/{integration}/versions", versions_list, READ,
  "Every version that was ever in use, newest first.")
X(GET, "/v1/integrations/{integration}/versions/{revision}", versions_get, READ,
  "One version, with its document.")
X(POST, "/v1/integrations/{integration}/versions/{revision}/activate", versions_activate,
  ADMIN, "Brings an earlier version back into use. Takes a key of all stages.")
X(GET, "/v1/integration-schema", integration_schema, NONE,
  "The JSON Schema of integration documents.")
X(GET, "/v1/integration-faults", integration_faults, READ,
  "The faults of documents that are not in use because of them, as of the last look.")
X(POST, "/v1/integration-rescan", integration_rescan, ADMIN,
  "Looks at the folder of integrations now. Takes a key of all stages.")

X(GET, "/v1/overrides", overrides_list, READ,
  "The overrides that the key reaches, with what does not fit any more.")
X(GET, "/v1/environments/{environment}/overrides/{integration}", environment_override_get,
  READ, "What an environment has laid over an integration.")
X(PUT, "/v1/environments/{environment}/overrides/{integration}", environment_override_put,
  ADMIN,
  "Checks an override, runs it on the integration's samples and, if it has no fault, puts "
  "it into use for the environment's accounts.")
X(DELETE, "/v1/environments/{environment}/overrides/{integration}",
  environment_override_delete, ADMIN, "Removes it.")
X(POST, "/v1/environments/{environment}/overrides/{integration}/explain",
  environment_override_explain, READ,
  "The effective document, with what is not the platform's, and the tier of each field "
  "that comes out of a record: one that is sent, or a sample of the integration.")
X(GET, "/v1/environments/{environment}/overrides/{integration}/lint",
  environment_override_lint, READ,
  "The fields that the override's expressions read and no sample of the integration has.")
X(GET, "/v1/accounts/{account}/override", account_override_get, READ,
  "What an account has laid over its integration.")
X(PUT, "/v1/accounts/{account}/override", account_override_put, ADMIN,
  "The same for one account, over what its environment has.")
X(DELETE, "/v1/accounts/{account}/override", account_override_delete, ADMIN,
  "Removes it.")
X(POST, "/v1/accounts/{account}/override/explain", account_override_explain, READ,
  "The same for one account, with an override of its own or without.")
X(GET, "/v1/accounts/{account}/override/lint", account_override_lint, READ,
  "The same for the account's own override.")

X(GET, "/v1/breakers", breakers_list, READ,
  "The breakers that calls have met: those of integrations, or with `kind=account` those "
  "of accounts.")
X(GET, "/v1/breakers/{breaker}", breakers_get, READ,
  "One breaker, by its name or by the id of its account.")
X(POST, "/v1/breakers/{breaker}/force", breakers_force, WRITE,
  "Holds a breaker open or closed, or sets it free again. Held until it is set free or "
  "the process ends. A breaker of an integration takes a key of all stages with `admin`.")

X(GET, "/v1/limits", limits_list, READ,
  "What the vendors have told of the limits of accounts that were called lately.")

X(GET, "/v1/hooks", hooks_list, READ,
  "Events that vendors have told of, newest first: those that wait, and those that ended "
  "within 7 days.")
X(GET, "/v1/hooks/{hook}", hooks_get, READ,
  "One event; with the request that it came in, for a key with `payloads`.")
X(POST, "/v1/hooks/{hook}/replay", hooks_replay, REPLAY,
  "Works on an event that is done or dead once more.")
X(POST, "/v1/hooks/replay", hooks_replay_all, REPLAY,
  "The same for all that the body chooses, at most 200 at a time, oldest first.")
X(GET, "/v1/rejected-hooks", rejected_hooks_list, READ,
  "Requests that were not proved to be the vendor's, newest first; the last 100 of an "
  "integration.")
X(GET, "/v1/rejected-hooks/{rejected}", rejected_hooks_get, READ,
  "One of them; with what was sent, for a key with `payloads`.")
X(GET, "/v1/accounts/{account}/webhook-secrets", account_webhook_secrets_get, READ,
  "How many secrets are kept for webhooks at that account's URL.")
X(PUT, "/v1/accounts/{account}/webhook-secrets", account_webhook_secrets_put,
  SECRETS,
  "Keeps these secrets for webhooks at that account's URL, in place of those before. They "
  "are never shown.")
X(DELETE, "/v1/accounts/{account}/webhook-secrets",
  account_webhook_secrets_delete, SECRETS,
  "Takes them away; a handshake may bring one again.")
X(GET, "/v1/apps/{app}/webhook-secrets", app_webhook_secrets_get, READ,
  "How many secrets are kept for webhooks at that app's URL.")
X(PUT, "/v1/apps/{app}/webhook-secrets", app_webhook_secrets_put,
  SECRETS,
  "Keeps these secrets for webhooks at that app's URL, in place of those before. They are "
  "never shown.")
X(DELETE, "/v1/apps/{app}/webhook-secrets",
  app_webhook_secrets_delete, SECRETS,
  "Takes them away; a handshake may bring one again.")
X(GET, "/v1/integrations/{integration}/webhook-secrets", integration_webhook_secrets_get,
  READ,
  "How many secrets are kept for webhooks at the integration's own URL.")
X(PUT, "/v1/integrations/{integration}/webhook-secrets", integration_webhook_secrets_put,
  SECRETS,
  "Keeps these secrets for webhooks at the integration's own URL, in place of those before. "
  "They are never shown. Takes a key of all stages, as do the next and the one before.")
X(DELETE, "/v1/integrations/{integration}/webhook-secrets",
  integration_webhook_secrets_delete, SECRETS,
  "Takes them away; a handshake may bring one again.")

X(GET, "/v1/writes", writes_list, READ,
  "The writes that Breakwater answers for, newest first: queued, under way, and those that "
  "ended within 7 days.")
X(GET, "/v1/writes/{write}", writes_get, CALL_READ,
  "One write: where it stands, what was asked for, what came of it.")
X(POST, "/v1/writes/{write}/retry", writes_retry, REPLAY,
  "Queues a write again that was given up, cancelled or needs a decision; tries one that "
  "is queued as soon as its lane is free.")
X(POST, "/v1/writes/{write}/cancel", writes_cancel, REPLAY,
  "Takes back a write that is queued or needs a decision. Its key is free again.")
X(POST, "/v1/writes/retry", writes_retry_all, REPLAY,
  "Retries the writes that the filter finds, 200 at a time.")
X(POST, "/v1/writes/cancel", writes_cancel_all, REPLAY,
  "Cancels the writes that the filter finds, 200 at a time.")
X(GET, "/v1/cache", cache_get, READ,
  "How much is kept of vendors' answers.")
X(GET, "/v1/cache/entries", cache_entries, READ,
  "The answers that are kept of an account, without what they say.")
X(DELETE, "/v1/cache", cache_purge, WRITE,
  "Forgets answers: of an account, an environment or an integration, or of one resource of "
  "it; on disk, too.")

X(GET, "/v1/events", events_list, READ,
  "What happened, newest first. A key of some environments sees the events of these.")

X(GET, "/v1/events/{event}", events_get, READ,
  "One event; with `payloads`, also with the data that it brings.")

X(GET, "/v1/endpoints", endpoints_list, READ, "The endpoints that events are posted to.")
X(POST, "/v1/endpoints", endpoints_create, WRITE,
  "Makes an endpoint, of an environment or of a whole stage. Its secret stands in this "
  "answer alone.")
X(GET, "/v1/endpoints/{endpoint}", endpoints_get, READ,
  "One endpoint, with what waits for it.")
X(PATCH, "/v1/endpoints/{endpoint}", endpoints_update, WRITE,
  "Changes what is given; null takes away. `headers` are replaced as a whole.")
X(DELETE, "/v1/endpoints/{endpoint}", endpoints_delete, WRITE,
  "Deletes an endpoint and destroys its secrets; what waits for it is dead.")
X(POST, "/v1/endpoints/{endpoint}/rotate", endpoints_rotate, WRITE,
  "Gives it a new secret. The one before signs as well for 24 hours, or as long as "
  "`overlap` says.")
X(POST, "/v1/endpoints/{endpoint}/test", endpoints_test, WRITE,
  "Sends it an event of the type endpoint.test, whatever its filters.")
X(POST, "/v1/endpoints/{endpoint}/pause", endpoints_pause, WRITE,
  "Delivers nothing to it until it is resumed; events wait.")
X(POST, "/v1/endpoints/{endpoint}/resume", endpoints_resume, WRITE,
  "Delivers again, all that waits first, in order. Also after it was disabled.")

X(GET, "/v1/deliveries", deliveries_list, READ,
  "Deliveries of events to endpoints, newest first: those that wait, and those that ended "
  "within 7 days.")
X(GET, "/v1/deliveries/{delivery}", deliveries_get, READ,
  "One delivery with its attempts; with `payloads`, also with what was answered.")
X(POST, "/v1/deliveries/{delivery}/replay", deliveries_replay, REPLAY,
  "Delivers it once more, under the same webhook-id.")
X(POST, "/v1/deliveries/replay", deliveries_replay_all, REPLAY,
  "The same with all that the filter finds, 200 at a time; the dead ones unless it says "
  "otherwise.")

X(GET, "/v1/audit", audit_list, READ,
  "The audit log, newest first. A key of some environments sees the lines of these.")

X(GET, "/v1/master-keys", master_keys_get, ADMIN,
  "Which master key seals, and which ones stored data keys need. Takes a key of all "
  "stages.")
X(POST, "/v1/master-keys/rotate", master_keys_rotate, ADMIN,
  "Reads the master keys again, seals with the given one, and seals every data key anew. "
  "Takes a key of all stages.")

X(GET, "/v1/errors", errors_list, NONE, "Every error code with what to do about it.")
X(GET, "/openapi.json", openapi_get, NONE, "This API as an OpenAPI 3.1 document.")
