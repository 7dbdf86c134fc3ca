/*
 * The commands: X(owner, symbol, "noun", "verb", "ARGUMENTS", "doc"). A command of one
 * word has no verb. In ARGUMENTS a name in brackets may be left out, and one with dots may
 * be given many times. Owner CLI: it has a `const struct cli_action action_<symbol>` in
 * the file of its noun. MAIN: it runs a daemon and belongs to main/.
 */
X(MAIN, serve, "serve", "", "", "Run the daemon.")
X(MAIN, demo, "demo", "", "", "Simulator, gateway, and a tour on real traffic; then stays up.")
X(MAIN, sim, "sim", "", "", "Run the vendor simulator.")

X(CLI, stages_list, "stages", "list", "", "The stages.")
X(CLI, stages_show, "stages", "show", "STAGE", "One stage, by id or name.")
X(CLI, stages_create, "stages", "create", "NAME", "Make a stage.")
X(CLI, stages_delete, "stages", "delete", "STAGE", "Delete a stage that nothing belongs to.")

X(CLI, environments_list, "environments", "list", "", "The environments.")
X(CLI, environments_show, "environments", "show", "ID", "One environment.")
X(CLI, environments_create, "environments", "create", "NAME", "Make an environment.")
X(CLI, environments_update, "environments", "update", "ID",
  "Change what is given; labels are replaced as a whole.")
X(CLI, environments_delete, "environments", "delete", "ID",
  "Delete an environment that has no accounts.")

X(CLI, accounts_list, "accounts", "list", "", "The accounts.")
X(CLI, accounts_show, "accounts", "show", "ACCOUNT",
  "One account, by id or external id, with what stands in the way of its calls.")
X(CLI, accounts_create, "accounts", "create", "", "Make an account.")
X(CLI, accounts_update, "accounts", "update", "ACCOUNT",
  "Change what is given; labels and context are replaced as a whole.")
X(CLI, accounts_delete, "accounts", "delete", "ACCOUNT",
  "Delete an account and destroy its data key.")
X(CLI, accounts_credentials, "accounts", "credentials", "ACCOUNT",
  "Store credentials in place of all before.")
X(CLI, accounts_renew, "accounts", "renew", "ACCOUNT",
  "Renew its token now, whatever the plan.")
X(CLI, accounts_enable, "accounts", "enable", "ACCOUNT", "Switch an account on again.")
X(CLI, accounts_disable, "accounts", "disable", "ACCOUNT", "Switch an account off.")

X(CLI, connect, "connect", "", "ACCOUNT",
  "Make a link with which its owner connects an account in a browser, once.")

X(CLI, apps_list, "apps", "list", "", "The OAuth clients with which accounts are connected.")
X(CLI, apps_show, "apps", "show", "ID", "One app; of its secrets, only which are stored.")
X(CLI, apps_create, "apps", "create", "NAME", "Make an app of an environment or the platform.")
X(CLI, apps_update, "apps", "update", "ID",
  "Change what is given; params and lists are replaced as a whole.")
X(CLI, apps_secrets, "apps", "secrets", "ID",
  "Store secrets beside those that there are, or take one away.")
X(CLI, apps_delete, "apps", "delete", "ID",
  "Delete an app with which no account is connected.")

X(CLI, keys_list, "keys", "list", "", "The API keys.")
X(CLI, keys_show, "keys", "show", "ID", "One key, without its text.")
X(CLI, keys_create, "keys", "create", "LABEL", "Make a key; its text is shown this once.")
X(CLI, keys_update, "keys", "update", "ID",
  "Change what is given; permissions and environments are replaced as a whole.")
X(CLI, keys_delete, "keys", "delete", "ID", "Delete a key.")

X(CLI, integrations_list, "integrations", "list", "", "The integrations in use.")
X(CLI, integrations_show, "integrations", "show", "NAME",
  "One integration: what its accounts need, its resources.")
X(CLI, integrations_document, "integrations", "document", "NAME [REVISION]",
  "Print the document in use, or that of a revision.")
X(CLI, integrations_put, "integrations", "put", "FILE",
  "Check a document and put it into use; - reads standard input.")
X(CLI, integrations_check, "integrations", "check", "FILE",
  "Check a document; nothing is changed.")
X(CLI, integrations_delete, "integrations", "delete", "NAME",
  "Take an integration out of use; its versions are kept.")
X(CLI, integrations_versions, "integrations", "versions", "NAME", "Its versions, newest first.")
X(CLI, integrations_activate, "integrations", "activate", "NAME REVISION",
  "Bring an earlier version back into use.")
X(CLI, integrations_faults, "integrations", "faults", "",
  "The faults of documents that are not in use because of them.")
X(CLI, integrations_rescan, "integrations", "rescan", "", "Look at the folder now.")

X(CLI, overrides_list, "overrides", "list", "",
  "What environments and accounts have in their own way, and what does not fit any more.")
X(CLI, overrides_show, "overrides", "show", "OWNER [INTEGRATION]",
  "One override: of an account, or of an environment and an integration.")
X(CLI, overrides_put, "overrides", "put", "FILE OWNER [INTEGRATION]",
  "Check an override and put it into use; - reads standard input.")
X(CLI, overrides_remove, "overrides", "remove", "OWNER [INTEGRATION]", "Remove an override.")
X(CLI, overrides_explain, "overrides", "explain", "OWNER [INTEGRATION]",
  "Say which tier each value and each field of a record comes from.")
X(CLI, overrides_lint, "overrides", "lint", "OWNER [INTEGRATION]",
  "Name fields that an override reads and no sample of the integration has.")

X(CLI, breakers_list, "breakers", "list", "", "The breakers that calls have met.")
X(CLI, breakers_show, "breakers", "show", "BREAKER", "One breaker, by name or account id.")
X(CLI, breakers_force, "breakers", "force", "BREAKER STATE",
  "Hold a breaker open or closed, or set it free: auto.")

X(CLI, limits_list, "limits", "list", "",
  "What vendors have told of the limits of accounts that were called lately.")

X(CLI, writes_list, "writes", "list", "",
  "The writes that Breakwater answers for, newest first.")
X(CLI, writes_show, "writes", "show", "WRITE", "One write, with what came of it.")
X(CLI, writes_retry, "writes", "retry", "[WRITE]",
  "Queue a write again; or all that the options choose.")
X(CLI, writes_cancel, "writes", "cancel", "[WRITE]",
  "Take back a write that was not done; or all that the options choose.")
X(CLI, hooks_list, "hooks", "list", "",
  "Events that vendors have told of, newest first.")
X(CLI, hooks_show, "hooks", "show", "HOOK", "One event, with the request that it came in.")
X(CLI, hooks_replay, "hooks", "replay", "[HOOK]",
  "Work on an event that is done or dead once more; or on all that the options choose.")
X(CLI, rejected_hooks_list, "rejected-hooks", "list", "",
  "Webhooks that were not proved to be the vendor's, newest first.")
X(CLI, rejected_hooks_show, "rejected-hooks", "show", "ID",
  "One of them, with what was sent.")
X(CLI, cache_show, "cache", "show", "", "How much is kept of vendors' answers.")
X(CLI, cache_list, "cache", "list", "", "The answers that are kept of an account.")
X(CLI, cache_purge, "cache", "purge", "",
  "Forget answers of an account, an environment or an integration.")

X(CLI, events_list, "events", "list", "", "What happened, newest first.")
X(CLI, events_show, "events", "show", "EVENT",
  "One event, with the data that it brings where the key has `payloads`.")

X(CLI, endpoints_list, "endpoints", "list", "", "The endpoints that events are posted to.")
X(CLI, endpoints_show, "endpoints", "show", "ENDPOINT", "One endpoint.")
X(CLI, endpoints_create, "endpoints", "create", "URL",
  "Make an endpoint; its secret is shown once, here.")
X(CLI, endpoints_update, "endpoints", "update", "ENDPOINT", "Change what is given.")
X(CLI, endpoints_delete, "endpoints", "delete", "ENDPOINT",
  "Delete an endpoint; what waits for it is dead.")
X(CLI, endpoints_test, "endpoints", "test", "ENDPOINT", "Send it an event of its own.")
X(CLI, endpoints_pause, "endpoints", "pause", "ENDPOINT",
  "Deliver nothing to it until it is resumed; events wait.")
X(CLI, endpoints_resume, "endpoints", "resume", "ENDPOINT",
  "Deliver to it again, what waits first.")
X(CLI, endpoints_rotate, "endpoints", "rotate", "ENDPOINT",
  "Give it a new secret, shown once; the one before signs for 24 hours more.")

X(CLI, deliveries_list, "deliveries", "list", "",
  "Deliveries of events to endpoints, newest first.")
X(CLI, deliveries_show, "deliveries", "show", "DELIVERY",
  "One delivery, with its attempts.")
X(CLI, deliveries_replay, "deliveries", "replay", "[DELIVERY]",
  "Deliver once more; or all that the options choose.")

X(CLI, audit_list, "audit", "list", "", "The audit log, newest first.")

X(CLI, master_keys_show, "master-keys", "show", "",
  "Which master key seals, and which ones are needed.")
X(CLI, master_keys_rotate, "master-keys", "rotate", "[ID]",
  "Seal with that master key, and seal every data key anew.")

X(CLI, errors_list, "errors", "list", "", "Every error code with what to do about it.")

X(CLI, import_openapi, "import", "openapi", "FILE",
  "Make a document out of a vendor's OpenAPI document; - reads standard input.")
X(CLI, import_catalogue, "import", "catalogue", "FILE",
  "Make documents out of a catalogue of providers (YAML); - reads standard input.")

X(CLI, eval, "eval", "", "[EXPR] [FILE]", "Evaluate a JSONata expression over JSON.")
X(CLI, validate, "validate", "", "[SCHEMA] [FILE]", "Validate a JSON file by a JSON Schema.")
X(CLI, verify, "verify", "", "", "Judge webhooks as an integration's `webhooks` block says.")
X(CLI, test, "test", "", "INTEGRATION [FOLDER]",
  "Run an integration's recorded pairs offline.")
X(CLI, json, "json", "", "FILE...", "Check that files are JSON as RFC 8259 has it.")
X(CLI, completion, "completion", "", "", "Print the completion script for bash.")
X(CLI, man, "man", "", "", "Print the manual page.")
X(CLI, version, "version", "", "", "Print the version.")
X(CLI, help, "help", "", "[NOUN] [VERB]", "Say what commands there are, or how one is used.")
