/*
 * Text with holes: "Bearer {{request.id}}", "{{now_iso+30}}". Compiled once when a script
 * is read, printed for each answer. In JSON every hole is escaped as the content of a
 * string; a string that is nothing but a hole of raw JSON ({{list.items}},
 * {{json./pointer}}) or one marked {{…|number}} loses its quotes.
 *
 * The holes are listed in sim_hole_list.h, for people in docs/sim.md.
 */
#ifndef SIM_SIM_TEMPLATE_H
#define SIM_SIM_TEMPLATE_H

#include "base/buf.h"
#include "sim/sim_asked.h"

enum sim_escape { SIM_PLAIN, SIM_JSON };

struct sim_part; /* a literal or a hole */

struct sim_template {
    const struct sim_part *parts;
    uint32_t n;
    enum sim_escape escape;
    str constant;   /* the whole text when there is no hole; otherwise absent */
    bool next_page; /* asks for {{list.next}}, which the last page has not */
};

/* Compiles; borrows `text`. Faults are reported where the binder stands. */
void sim_template_read(struct binder *binder, str text, enum sim_escape escape,
                       struct sim_template *ret_template);

/* Appends; the buffer's limit bounds what a request can blow up. */
void sim_template_print(const struct sim_template *template, struct sim_asked *asked,
                        struct buf *buf);

/* The text in the request's arena (the constant itself if it is one). `room` is cleared
 * and used on the way; absent when that was too small. */
str sim_template_text(const struct sim_template *template, struct sim_asked *asked,
                      struct buf *room);

#endif
