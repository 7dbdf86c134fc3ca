/*
 * The settings of the daemon: X(name, kind, default, min, max, "doc").
 *
 * Each is a flag (--name with "-" for "_"), an environment variable (BREAKWATER_NAME),
 * and a member of the settings file; a flag wins over a variable, that over the file,
 * that over the default. Kinds: TEXT, UINT, DURATION (min and max in seconds), BOOL.
 */
X(data, TEXT, "breakwater-data", 1, 4096,
  "The data directory: store, keys, lock. Made with mode 0700 if it is missing.")
X(listen, TEXT, "127.0.0.1:8080", 1, 200,
  "Where callers connect: ADDR:PORT; port 0 takes a free one. Everything is served here "
  "unless it is split off.")
X(admin_listen, TEXT, "", 0, 200,
  "A listener of its own for the admin API and metrics.")
X(public_listen, TEXT, "", 0, 200,
  "A listener of its own for what browsers reach: the pages that connect accounts.")
X(account_listen, TEXT, "", 0, 4096,
  "Listeners bound to an account: ADDR:PORT=ACCOUNT, more than one parted by commas. For "
  "SDKs that take a host but neither a path nor a name of ours.")
X(integrations, TEXT, "", 0, 4096,
  "The folder of integration documents, one folder a vendor; watched while running.")
X(workers, UINT, "0", 0, 256, "Worker threads; 0 = one for each processor.")
X(store, TEXT, "", 0, 4096, "Where state lives; empty = embedded in the data directory.")
X(proxy_domain, TEXT, "localhost", 0, 253,
  "A Host of {account}.DOMAIN is a call for that account; empty = off.")
X(public_url, TEXT, "", 0, 1024,
  "How the outside reaches the public listener: https://connect.example.com. Empty = as "
  "each request says.")
X(connect_returns, TEXT, "", 0, 4096,
  "Where browsers may be sent after connecting: origins, or beginnings of URLs, parted by "
  "commas. Loopback addresses are always allowed on sandbox stages.")
X(trusted_proxies, TEXT, "", 0, 4096,
  "Address ranges whose X-Forwarded headers are believed, parted by commas.")
X(tls_cert, TEXT, "", 0, 4096,
  "Certificate chain of the listeners (PEM); read again on "
  "SIGHUP. Empty = plain HTTP.")
X(tls_key, TEXT, "", 0, 4096, "The private key for it (PEM).")
X(upstream_ca, TEXT, "", 0, 4096,
  "Further certificate authorities that vendors' certificates may lead to (PEM).")
X(egress_proxy, TEXT, "", 0, 1024,
  "An HTTP proxy for all vendor calls: http://HOST:PORT.")
X(endpoint_ranges, TEXT, "", 0, 4096,
  "Address ranges, parted by commas, where endpoints may be although they are not public: "
  "10.1.0.0/16,127.0.0.1. Empty = public addresses only.")
X(endpoint_http, BOOL, "false", 0, 0, "Endpoints may be plain http.")
X(master_keys_file, TEXT, "", 0, 4096,
  "The file of master keys; empty = `key` in the data directory, made at first start.")
X(master_keys_command, TEXT, "", 0, 4096,
  "A command whose output is read instead of the file.")
X(log_level, TEXT, "info", 1, 10, "debug, info, warn or error.")
X(log_file, TEXT, "", 0, 4096, "Where log lines go; empty = standard error.")
X(log_format, TEXT, "auto", 1, 10, "json, text, or auto: text on a terminal.")
X(connections_max, UINT, "20000", 1, 1000000,
  "Connections of callers at once; past it idle ones make room, then new ones hear 503. "
  "The default is less where the system allows too few descriptors.")
X(visits_max, UINT, "10000", 1, 1000000, "Proxied calls at once.")
X(hold_bytes_max, UINT, "134217728", 1048576, 4294967295,
  "Memory for request bodies that are kept for a repeat, for each worker. Past it bodies "
  "only pass through.")
X(cache_bytes_max, UINT, "268435456", 0, 1099511627776,
  "Memory for vendors' answers that reads are answered from; on disk they take twice as "
  "much at most. 0 = none are kept.")
X(cache_environment_bytes_max, UINT, "67108864", 1048576, 1099511627776,
  "Of that, for one environment.")
X(hook_bytes_max, UINT, "268435456", 33554432, 17179869184,
  "Memory for bodies of vendors' webhooks on their way to the disk. Past it they hear 503 "
  "and come again.")
X(hook_environment_bytes_max, UINT, "10737418240", 1048576, 17592186044416,
  "Disk that webhooks of one environment may keep until 7 days after they ended. Past it its "
  "new ones hear 503, and an event says so.")
X(journal_bytes_max, UINT, "0", 0, 17592186044416,
  "Disk for the journal, and as much for payloads above 256 KiB; 0 = as there is room: 5 % "
  "of the file system are left alone.")
X(disk_reserve, UINT, "5", 0, 100,
  "Percent of the data directory's file system that are kept free for credentials and "
  "writes that are about to leave: past it nothing is queued, and the cache keeps nothing "
  "on disk. 0 = none.")
X(queue_environment_bytes_max, UINT, "1073741824", 1048576, 1099511627776,
  "What the queued writes of one environment may take in the store.")
X(head_timeout, DURATION, "10s", 0.1, 600, "For a request's head, from its first byte.")
X(idle_timeout, DURATION, "75s", 0.1, 86400, "For a connection between two requests.")
X(body_timeout, DURATION, "30s", 0.1, 3600, "Between two pieces of a request's body.")
X(write_timeout, DURATION, "30s", 0.1, 3600, "For a caller to take a piece of an answer.")
X(drain_delay, DURATION, "0s", 0, 600,
  "After SIGTERM: how long new connections are still taken while `/readyz` says 503, so "
  "that a load balancer can see it.")
X(drain_timeout, DURATION, "30s", 0, 3600,
  "After SIGTERM and `drain_delay`: how long calls may go on before they are cut.")
