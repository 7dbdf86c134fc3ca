/*
 * What the simulator answers by itself, under /_sim:
 *
 *   X(method, "pattern", function, recorded)
 *
 * An empty method is any. The first rows are for tests that want to know or change
 * something, the others are ready-made answers, which are recorded as routes are.
 */
X("GET", "/_sim/requests", print_requests, false)
X("GET", "/_sim/writes", print_writes, false)
X("GET", "/_sim/stats", print_stats, false)
X("GET", "/_sim/faults", print_faults, false)
X("POST", "/_sim/faults", add_fault, false)
X("DELETE", "/_sim/faults", clear_faults, false)
X("DELETE", "/_sim/faults/{id}", remove_fault, false)
X("PUT", "/_sim/script", replace_script, false)
X("POST", "/_sim/reset", reset, false)
X("", "/_sim/echo", echo, true)
X("", "/_sim/echo/{rest*}", echo, true)
X("", "/_sim/sink", sink, true)
X("", "/_sim/status/{code}", status, true)
X("", "/_sim/bytes/{n}", bytes, true)
X("", "/_sim/chunked/{n}", chunked, true)
X("", "/_sim/delay/{ms}", delay, true)
X("", "/_sim/pages/{n}", pages, true)
