/*
 * The pages that a person sees while connecting: small, without scripts, in the colours
 * that the browser is set to. Everything that is printed into them is escaped.
 */
#ifndef CONNECT_PAGE_H
#define CONNECT_PAGE_H

#include "http/inbound.h"

struct buf;

struct page_field {
    str name;
    str label; /* absent: made of the name */
    str help;  /* absent: none */
    str value; /* what was given before; absent: nothing */
    str fault; /* why that will not do; absent: it was not looked at */
    bool secret;
    bool optional;
    bool date; /* a day: 2027-01-31 */
};

struct page_choice {
    str label;
    str href;
};

struct page {
    int status;
    str title;
    str text;                        /* a sentence */
    str words;                       /* somebody else's, set apart; absent: none */
    str code;                        /* of an error; absent: none */
    str reference;                   /* to tell to who helps; absent: none */
    const struct page_field *fields; /* a form, sent to the page's own address */
    uint32_t field_n;
    str button;                        /* the form's; absent: there is no form */
    str again;                         /* a link to begin again; absent: none */
    str back;                          /* a link back to the product; absent: none */
    str cookie;                        /* a Set-Cookie line; absent: none */
    const struct page_choice *choices; /* links, one of which is to be followed */
    uint32_t choice_n;
};

/* Answers the request with it, and with headers that keep it to this browser. */
void page_answer(struct inbound *in, const struct page *page);

/* Its text alone. */
void page_print(struct buf *out, const struct page *page);

/* Sends the browser on: 303. `cookie`: a Set-Cookie line; absent: none. */
void page_redirect(struct inbound *in, str location, str cookie);

#endif
