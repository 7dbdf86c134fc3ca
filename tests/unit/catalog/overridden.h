/* A document that is overridden, and overrides of its mapping. */
#ifndef UNIT_CATALOG_OVERRIDDEN_H
#define UNIT_CATALOG_OVERRIDDEN_H

static const char overridden[] =
    "{\"auth\":{\"scheme\":\"header\",\"header\":\"X-Key\"},"
    "\"headers\":{\"X-Version\":\"1\"},"
    "\"pagination\":{\"kind\":\"none\",\"records\":\"/data\"},"
    "\"resilience\":{\"timeouts\":{\"total\":\"20s\"},\"account_concurrency\":10,"
    "\"retry\":{\"server\":{\"retries\":2}}},"
    "\"resources\":{\"people\":{\"methods\":{"
    "\"list\":{\"verb\":\"GET\",\"path\":\"/people\",\"resilience\":{\"timeouts\":"
    "{\"total\":\"5s\"}}},"
    "\"get\":{\"verb\":\"GET\",\"path\":\"/people/{id}\"}}}},"
    "\"unified\":{\"crm\":{\"contacts\":{"
    "\"response\":\"{'id': $string(id), 'last_name': name}\","
    "\"list\":{\"method\":\"people.list\",\"filters\":[\"updated_after\"]},"
    "\"get\":{\"method\":\"people.get\"}}}}}";

#define LAID(text) "{\"unified\":{\"crm\":{\"contacts\":{" text "}}}}"

#endif
