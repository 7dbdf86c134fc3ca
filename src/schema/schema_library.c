/*
 * Three tables find things: resources by URI, anchors by URI and name, and blocks by the
 * address of the value that they were made of, which is what a JSON pointer leads to.
 *
 * Base URIs (draft 2020-12 core §8.2): an $id is resolved against the base of the schema
 * around it. In draft 7, an $id of only a fragment is an anchor.
 */
#include "schema/schema_library.h"

#include "base/encode.h"
#include "json/json_parse.h"
#include "json/member_index.h"
#include "json/pointer.h"
#include "schema/schema_dialect.h"
#include "schema/schema_meta.h"
#include "base/uri.h"

enum {
    WALK_DEPTH_MAX = 1000,
    SCHEMAS_MAX = 200000,
    RESOURCES_MAX = 10000, /* each has a URI of its own, with that of the one around */
    URI_BYTES_MAX = 2000
};

void library_init(struct library *library, const struct schema_source *source,
                  struct arena *arena, struct arena *scratch)
{
    *library = (struct library){.source = source, .arena = arena, .scratch = scratch};
    map_init(&library->resources);
    map_init(&library->anchors);
    map_init(&library->nodes);
    map_init(&library->dynamics);
    map_init(&library->indexes);
}

void library_fini(struct library *library)
{
    map_fini(&library->resources);
    map_fini(&library->anchors);
    map_fini(&library->nodes);
    map_fini(&library->dynamics);
    map_fini(&library->indexes);
}

/* Joins the paths of the blocks from the root, or from that of the resource, down. */
static str join_paths(struct arena *arena, const struct block *block, bool in_resource)
{
    size_t n = 0;
    const struct block *at = block;
    for (; at->parent && !(in_resource && at->resource->root == at); at = at->parent)
        n += at->path.n;
    char *p = arena_bytes(arena, n);
    for (at = block; n; at = at->parent) {
        n -= at->path.n;
        if (at->path.n)
            memcpy(p + n, at->path.p, at->path.n);
    }
    for (at = block; at->parent && !(in_resource && at->resource->root == at);
         at = at->parent)
        n += at->path.n;
    return str_of(p, n);
}

str block_pointer(struct arena *arena, const struct block *block)
{
    return join_paths(arena, block, false);
}

str block_pointer_in_resource(struct arena *arena, const struct block *block)
{
    return join_paths(arena, block, true);
}

void library_fault(struct library *library, const struct block *block, str keyword,
                   const char *fmt, ...)
{
    if (library->failed)
        return;
    library->failed = true;
    str pointer = block ? block_pointer(library->scratch, block) : STR("");
    if (!str_absent(keyword))
        pointer = pointer_join(library->scratch, pointer, keyword);
    va_list args;
    va_start(args, fmt);
    library->fault =
        (struct schema_fault){pointer, arena_vprintf(library->scratch, fmt, args)};
    va_end(args);
}

struct block *library_block(const struct library *library, const struct json *node)
{
    return map_find(&library->nodes, str_of((const char *)&node, sizeof(node)));
}

/* The address of the first resource of that URI, and the name. */
static str anchor_key(const struct library *library, struct arena *arena, str uri,
                      str name)
{
    const struct resource *first = map_find(&library->resources, uri);
    str parts[] = {str_of((const char *)&first, sizeof(first)), name};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static struct dynamic *dynamic_of(struct library *library, str name)
{
    struct dynamic *dynamic = map_find(&library->dynamics, name);
    if (dynamic)
        return dynamic;
    dynamic = arena_zalloc(library->arena, sizeof(*dynamic));
    dynamic->name = arena_str(library->arena, name);
    dynamic->index = library->dynamic_n++;
    dynamic->next = library->first_dynamic;
    library->first_dynamic = dynamic;
    map_put(&library->dynamics, dynamic->name, dynamic);
    return dynamic;
}

static void add_anchor(struct library *library, struct block *block, str name,
                       bool is_dynamic)
{
    struct resource *resource = block->resource;
    struct anchor *anchor = arena_zalloc(library->arena, sizeof(*anchor));
    anchor->block = block;
    str key = anchor_key(library, library->arena, resource->uri, name);
    struct anchor *before = map_find(&library->anchors, key);
    if (!before || is_dynamic)
        map_put(&library->anchors, key, anchor);
    if (!is_dynamic)
        return;
    struct dynamic *dynamic = dynamic_of(library, name);
    anchor->dynamic = dynamic;
    anchor->next_of_name = dynamic->anchors;
    dynamic->anchors = anchor;
    dynamic->n++;
    anchor->next_of_resource = resource->dynamic_anchors;
    resource->dynamic_anchors = anchor;
    if (!resource->scope)
        resource->scope = arena_zalloc(library->arena, sizeof(*resource->scope));
}

/* Under its URI, unless another has it already. */
static void file_resource(struct library *library, struct resource *resource, str uri)
{
    if (!map_find(&library->resources, uri))
        map_put(&library->resources, uri, resource);
}

static struct resource *add_resource(struct library *library, struct block *root, str uri,
                                     const struct dialect *dialect)
{
    struct resource *resource = arena_zalloc(library->arena, sizeof(*resource));
    str keyword = root->parent ? STR("$id") : STR_NONE;
    if (uri.n > URI_BYTES_MAX)
        library_fault(library, root, keyword, "makes a URI of more than %d bytes.",
                      URI_BYTES_MAX);
    if (++library->resources_n > RESOURCES_MAX)
        library_fault(library, root, keyword, "is one too many; at most %d are allowed.",
                      RESOURCES_MAX);
    resource->uri = arena_str(library->arena, uri);
    resource->dialect = *dialect;
    resource->root = root;
    root->resource = resource;
    file_resource(library, resource, resource->uri);
    return resource;
}

/* An $id begins a resource, unless it is only a fragment. */
static void read_id(struct library *library, struct block *block, str id)
{
    struct resource *outer = block->resource;
    str fragment;
    str uri = uri_resolve(library->arena, outer->uri, id, &fragment);
    if (id.n && id.p[0] != '#' && !(outer->root == block && str_eq(uri, outer->uri)))
        add_resource(library, block, uri, &outer->dialect);
    if (!str_absent(fragment) && fragment.n && outer->dialect.draft == DRAFTS_D7)
        add_anchor(library, block, fragment, false);
}

/* What a schema object says about itself: $schema, $id, $anchor, $dynamicAnchor. */
static void read_identity(struct library *library, struct block *block)
{
    const struct json *node = block->node;
    str id = json_member_text(node, STR("$id"));
    str name = json_member_text(node, STR("$schema"));
    struct dialect dialect = block->resource->dialect;
    bool root = !block->parent;
    if (!str_absent(name) && (root || !str_absent(id)))
        if (!dialect_read(library, block, name, &dialect))
            return;
    struct dialect outer = block->resource->dialect;
    if (root)
        block->resource->dialect = dialect;
    if (!str_absent(id) &&
        !(dialect.draft == DRAFTS_D7 && json_member(node, STR("$ref"))))
        read_id(library, block, id);
    if (block->resource->root == block)
        block->resource->dialect = dialect;
    else
        dialect = outer;
    if (dialect.draft == DRAFTS_D7)
        return;
    str anchor = json_member_text(node, STR("$anchor"));
    str dynamic = json_member_text(node, STR("$dynamicAnchor"));
    if (!str_absent(anchor))
        add_anchor(library, block, anchor, false);
    if (!str_absent(dynamic) && dialect.draft == DRAFTS_D2020)
        add_anchor(library, block, dynamic, true);
}

static void walk(struct library *library, struct block *block);

/* Makes a block of a value that stands at `path` below `parent`, and of all below it.
 * Anything but an object or a boolean is no schema, and is left. */
static struct block *add_block(struct library *library, struct block *parent,
                               const struct json *node, str path)
{
    struct block *block = library_block(library, node);
    if (block || (!json_is(node, JSON_OBJECT) && !json_is_bool(node)))
        return block;
    block = arena_zalloc(library->arena, sizeof(*block));
    block->node = node;
    block->parent = parent;
    block->resource = parent->resource;
    block->path = path;
    map_put(&library->nodes, str_of((const char *)&block->node, sizeof(block->node)),
            block);
    walk(library, block);
    return block;
}

static str child_path(struct library *library, enum keyword keyword, str token)
{
    str path = pointer_join(library->arena, STR(""), keyword_name(keyword));
    return str_absent(token) ? path : pointer_join(library->arena, path, token);
}

static void walk_list(struct library *library, struct block *block, enum keyword keyword,
                      const struct json *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        str path = child_path(library, keyword, STR_NONE);
        add_block(library, block, &list->u.items[i],
                  pointer_join_index(library->arena, path, i));
    }
}

static void walk_map(struct library *library, struct block *block, enum keyword keyword,
                     const struct json *map)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct json_member *member = &map->u.members[i];
        add_block(library, block, &member->value,
                  child_path(library, keyword, json_key(member)));
    }
}

static void walk_keyword(struct library *library, struct block *block,
                         enum keyword keyword, const struct json *value)
{
    enum children children = keyword_children(keyword);
    bool list = children == CHILDREN_LIST || children == CHILDREN_ONE_OR_LIST;
    bool one = children == CHILDREN_ONE || children == CHILDREN_ONE_OR_LIST;
    if (list && json_is(value, JSON_ARRAY))
        walk_list(library, block, keyword, value);
    else if (children == CHILDREN_MAP && json_is(value, JSON_OBJECT))
        walk_map(library, block, keyword, value);
    else if (one)
        add_block(library, block, value, child_path(library, keyword, STR_NONE));
}

static void walk(struct library *library, struct block *block)
{
    struct keywords keywords;
    if (++library->blocks_n > SCHEMAS_MAX)
        library_fault(library, block, STR_NONE,
                      "is one schema too many; at most %d are allowed.", SCHEMAS_MAX);
    if (library->failed || !json_is(block->node, JSON_OBJECT))
        return;
    if (++library->depth > WALK_DEPTH_MAX)
        library_fault(library, block, STR_NONE, "is nested too deeply.");
    read_identity(library, block);
    keywords_read(block->node, &block->resource->dialect, &keywords);
    for (unsigned i = 0; i < KEYWORD_COUNT && !library->failed; i++)
        if (keywords.at[i])
            walk_keyword(library, block, (enum keyword)i, keywords.at[i]);
    library->depth--;
}

/* A document that was found at `uri`; it may call itself something else by its $id. */
static struct block *add_document(struct library *library, const struct json *document,
                                  str uri)
{
    struct dialect dialect = dialect_of_draft(library->source->draft);
    struct block *root = arena_zalloc(library->arena, sizeof(*root));
    root->node = document;
    map_put(&library->nodes, str_of((const char *)&root->node, sizeof(root->node)), root);
    add_resource(library, root, uri, &dialect);
    walk(library, root);
    return root;
}

bool library_open(struct library *library)
{
    const struct schema_source *source = library->source;
    str unused;
    str uri = str_absent(source->base_uri) ? STR("") : source->base_uri;
    uri = uri_resolve(library->scratch, STR(""), uri, &unused);
    library->root = add_document(library, source->document, uri);
    if (!json_is(source->document, JSON_OBJECT) && !json_is_bool(source->document))
        library_fault(library, NULL, STR_NONE, "must be an object, true or false.");
    return !library->failed;
}

const struct json *library_document(struct library *library, str uri)
{
    struct json *document;
    str text = schema_meta_find(uri);
    if (!str_absent(text)) {
        document = arena_alloc(library->scratch, sizeof(*document));
        CHECK(json_parse(library->scratch, text, NULL, document, NULL));
        return document;
    }
    return library->source->resolve ? library->source->resolve(library->source->arg, uri)
                                    : NULL;
}

static struct resource *find_resource(struct library *library, str uri)
{
    struct resource *resource = map_find(&library->resources, uri);
    if (resource)
        return resource;
    const struct json *document = library_document(library, uri);
    if (!document)
        return NULL;
    struct block *root = library_block(library, document);
    if (!root)
        root = add_document(library, document, arena_str(library->arena, uri));
    file_resource(library, root->resource, arena_str(library->arena, uri));
    return root->resource;
}

struct indexed {
    const struct json *node;
    struct member_index index;
};

/* A member of a large object is found by an index, made when it is first asked for, as
 * there may be as many references into it as it has members. */
static const struct json *find_member(struct library *library, const struct json *node,
                                      str name)
{
    struct indexed *indexed =
        map_find(&library->indexes, str_of((const char *)&node, sizeof(node)));
    if (!indexed) {
        indexed = arena_zalloc(library->scratch, sizeof(*indexed));
        indexed->node = node;
        member_index_all(&indexed->index, library->scratch, node);
        map_put(&library->indexes,
                str_of((const char *)&indexed->node, sizeof(indexed->node)), indexed);
    }
    const struct json_member *member = member_index_find(&indexed->index, name);
    return member ? &member->value : NULL;
}

static str path_from(struct library *library, const struct pointer *pointer,
                     uint32_t first)
{
    uint32_t n = pointer->n - first;
    str *parts = arena_array(library->scratch, n, sizeof(parts[0]));
    for (uint32_t i = 0; i < n; i++)
        parts[i] =
            pointer_join(library->scratch, STR(""), pointer->tokens[first + i].name);
    return arena_join(library->arena, parts, n);
}

/* Follows a JSON pointer from the root of a resource. Where it leads off the schemas that
 * are known, the value becomes one, with the base URI of the last that was passed. */
static struct block *follow(struct library *library, struct block *block, str text)
{
    struct pointer pointer;
    struct pointer one = {.n = 1};
    const struct json *node = block->node;
    uint32_t passed = 0; /* tokens up to the last schema that was met */
    if (!pointer_parse(library->scratch, text, POINTER_RFC6901, &pointer))
        return NULL;
    for (uint32_t i = 0; i < pointer.n && node; i++) {
        one.tokens = &pointer.tokens[i];
        node = json_is(node, JSON_OBJECT)
                   ? find_member(library, node, pointer.tokens[i].name)
                   : pointer_find(&one, node);
        struct block *met = node ? library_block(library, node) : NULL;
        passed = met ? i + 1 : passed;
        block = met ? met : block;
    }
    if (!node || passed == pointer.n)
        return node ? block : NULL;
    return add_block(library, block, node, path_from(library, &pointer, passed));
}

struct block *library_find(struct library *library, const struct block *from,
                           str reference, const struct anchor **ret_anchor)
{
    str fragment, name;
    str uri = uri_resolve(library->scratch, from->resource->uri, reference, &fragment);
    struct resource *resource = !uri.n ? from->resource : find_resource(library, uri);
    if (ret_anchor)
        *ret_anchor = NULL;
    if (!resource)
        return NULL;
    if (!fragment.n)
        return resource->root;
    if (!decode_percent(library->scratch, fragment, &name))
        return NULL;
    if (name.n && name.p[0] == '/')
        return follow(library, resource->root, name);
    const struct anchor *anchor = map_find(
        &library->anchors, anchor_key(library, library->scratch, resource->uri, name));
    if (ret_anchor)
        *ret_anchor = anchor;
    return anchor ? anchor->block : NULL;
}
