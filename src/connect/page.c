#include "connect/page.h"

#include "base/buf.h"

enum { PAGE_BYTES_MAX = 256 * 1024 };

static const char head_html[] =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\"><title>";

/* Text has a contrast of 4.5 at least, edges of fields one of 3 (WCAG 2.2, AA). */
#define COLOURS_LIGHT                                                                    \
    "--ink:#1c2430;--soft:#535f6e;--line:#d5dbe3;--edge:#76818f;--paper:#fff;"           \
    "--ground:#f3f5f8;--deed:#0b5cad;--bad:#a4161a"
#define COLOURS_DARK                                                                     \
    "--ink:#e6e9ee;--soft:#a2adbb;--line:#3a4452;--edge:#7d8998;--paper:#1b222c;"        \
    "--ground:#11161d;--deed:#6cb2ff;--bad:#ff8a8a"

static const char style_html[] =
    "</title><style>"
    ":root{" COLOURS_LIGHT "}"
    "@media (prefers-color-scheme:dark){:root{" COLOURS_DARK "}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:1rem;background:var(--ground);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "main{max-width:30rem;margin:min(10vh,5rem) auto 1rem;padding:2rem;"
    "background:var(--paper);border:1px solid var(--line);border-radius:8px}"
    "h1{font-size:1.375rem;line-height:1.3;margin:0 0 .75rem}p{margin:.5rem 0}"
    "blockquote{margin:1rem 0;padding:.25rem 0 .25rem 1rem;"
    "border-left:3px solid var(--edge);color:var(--soft)}"
    "label{display:block;margin:1.25rem 0 .25rem;font-weight:600}"
    "label span{font-weight:400}"
    "input{width:100%;padding:.55rem .7rem;font:inherit;color:inherit;"
    "background:var(--paper);border:1px solid var(--edge);border-radius:6px}"
    "input[aria-invalid]{border:2px solid var(--bad)}"
    "input:focus-visible,button:focus-visible,a:focus-visible{"
    "outline:3px solid var(--deed);outline-offset:2px}"
    ".help,.small,footer{color:var(--soft);font-size:.875rem}"
    ".help{margin:0 0 .35rem}.fault{margin:.5rem 0 0;color:var(--bad)}"
    ".ways{margin-top:1.5rem;display:flex;flex-wrap:wrap;gap:1rem 1.5rem;"
    "align-items:center}a{color:var(--deed);padding:.25rem 0}"
    "button,.deed{padding:.6rem 1.2rem;font:inherit;font-weight:600;color:var(--paper);"
    "background:var(--deed);border:1px solid var(--deed);border-radius:6px;"
    "text-decoration:none;cursor:pointer}"
    ".choice{display:block;margin:.75rem 0;padding:.7rem 1rem;font-weight:600;"
    "text-decoration:none;border:1px solid var(--edge);border-radius:6px}"
    "footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line)}"
    "@media (max-width:30rem){main{margin-top:0;padding:1.25rem}}"
    "</style></head><body><main>";

static void put(struct buf *out, const char *html)
{
    buf_str(out, str_z(html));
}

/* Text and attribute values alike. */
static void put_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&':
            put(out, "&amp;");
            break;
        case '<':
            put(out, "&lt;");
            break;
        case '>':
            put(out, "&gt;");
            break;
        case '"':
            put(out, "&quot;");
            break;
        case '\'':
            put(out, "&#39;");
            break;
        default:
            buf_str(out, str_of(text.p + i, 1));
        }
    }
}

static void put_in(struct buf *out, const char *before, str text, const char *behind)
{
    if (!text.n)
        return;
    put(out, before);
    put_text(out, text);
    put(out, behind);
}

/* "account_id" as "Account id". */
static void put_name(struct buf *out, str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i] == '_' ? ' ' : name.p[i];
        bool small = i == 0 && c >= 'a' && c <= 'z';
        put_text(out, str_of(small ? &(char){(char)(c - 'a' + 'A')} : &c, 1));
    }
}

static void put_label(struct buf *out, const struct page_field *field)
{
    put_in(out, "<label for=\"", field->name, "\">");
    if (field->label.n)
        put_text(out, field->label);
    else
        put_name(out, field->name);
    put(out, field->optional ? " <span class=\"small\">(optional)</span></label>"
                             : "</label>");
}

static void put_note(struct buf *out, const char *kind, str name, str text)
{
    if (!text.n)
        return;
    put(out, "<p class=\"");
    put(out, kind);
    put(out, "\" id=\"");
    put(out, kind);
    put_in(out, ".", name, "\">");
    put_text(out, text);
    put(out, "</p>");
}

/* Binds the notes to the field, so that who hears the page hears them with it. */
static void put_described(struct buf *out, const struct page_field *field)
{
    if (!field->fault.n && !field->help.n)
        return;
    put(out, " aria-describedby=\"");
    put_in(out, "fault.", field->fault.n ? field->name : STR_NONE, " ");
    put_in(out, "help.", field->help.n ? field->name : STR_NONE, "");
    put(out, field->fault.n ? "\" aria-invalid=\"true\"" : "\"");
}

static void put_field(struct buf *out, const struct page_field *field, bool first)
{
    put_label(out, field);
    put_note(out, "help", field->name, field->help);
    put_in(out, "<input id=\"", field->name, "\"");
    put_in(out, " name=\"", field->name, "\"");
    put(out, field->secret ? " type=\"password\" autocomplete=\"off\""
             : field->date ? " type=\"date\" autocomplete=\"off\""
                           : " type=\"text\" autocomplete=\"off\" "
                             "autocapitalize=\"none\" spellcheck=\"false\"");
    if (!field->secret)
        put_in(out, " value=\"", field->value, "\"");
    put_described(out, field);
    put(out, first ? " autofocus" : "");
    put(out, field->optional ? ">" : " required>");
    put_note(out, "fault", field->name, field->fault);
}

/* The first that has a fault; else the first. */
static uint32_t first_of(const struct page *page)
{
    for (uint32_t i = 0; i < page->field_n; i++)
        if (page->fields[i].fault.n)
            return i;
    return 0;
}

/* On, and back; where there is no way on, back is what is to be done. */
static void put_ways(struct buf *out, const struct page *page)
{
    bool on = page->button.n || page->again.n || page->choice_n;
    if (!on && !page->back.n)
        return;
    put(out, "<div class=\"ways\">");
    put_in(out, "<button>", page->button, "</button>");
    put_in(out, "<a class=\"deed\" href=\"", page->again, "\">Try again</a>");
    put_in(out, on ? "<a href=\"" : "<a class=\"deed\" href=\"", page->back,
           "\">Go back</a>");
    put(out, "</div>");
}

static void put_form(struct buf *out, const struct page *page)
{
    put(out, "<form method=\"post\">");
    for (uint32_t i = 0; i < page->field_n; i++)
        put_field(out, &page->fields[i], i == first_of(page));
    put_ways(out, page);
    put(out, "</form>");
}

static void put_choices(struct buf *out, const struct page *page)
{
    for (uint32_t i = 0; i < page->choice_n; i++) {
        put_in(out, "<a class=\"choice\" href=\"", page->choices[i].href, "\">");
        put_in(out, "", page->choices[i].label, "</a>");
    }
}

static void put_reference(struct buf *out, const struct page *page)
{
    if (!page->code.n)
        return;
    put_in(out, "<footer>If you ask for help, pass this on: ", page->code, "");
    put_in(out, " · ", page->reference, "");
    put(out, "</footer>");
}

/* Who hears the page hears its title first. */
static bool has_fault(const struct page *page)
{
    return page->field_n && page->fields[first_of(page)].fault.n;
}

void page_print(struct buf *out, const struct page *page)
{
    put(out, head_html);
    put(out, has_fault(page) ? "Error: " : "");
    put_text(out, page->title);
    put(out, style_html);
    put_in(out, "<h1>", page->title, "</h1>");
    put_in(out, "<p>", page->text, "</p>");
    put_in(out, "<blockquote>", page->words, "</blockquote>");
    put_choices(out, page);
    if (page->button.n)
        put_form(out, page);
    else
        put_ways(out, page);
    put_reference(out, page);
    put(out, "</main></body></html>");
}

static void add_safety(struct headers *headers)
{
    header_add_name(headers, STR("Cache-Control"), STR("no-store"));
    header_add_name(headers, STR("Referrer-Policy"), STR("no-referrer"));
    header_add_name(headers, STR("X-Content-Type-Options"), STR("nosniff"));
    header_add_name(headers, STR("X-Frame-Options"), STR("DENY"));
    header_add_name(headers, STR("Content-Security-Policy"),
                    STR("default-src 'none'; style-src 'unsafe-inline'; "
                        "frame-ancestors 'none'; base-uri 'none'"));
}

void page_answer(struct inbound *in, const struct page *page)
{
    struct headers headers;
    struct buf text;
    buf_init(&text, PAGE_BYTES_MAX);
    page_print(&text, page);
    headers_init(&headers, in->arena, 8);
    header_add(&headers, HEADER_CONTENT_TYPE, STR("text/html; charset=utf-8"));
    add_safety(&headers);
    if (!str_absent(page->cookie))
        header_add_name(&headers, STR("Set-Cookie"), page->cookie);
    inbound_answer(in, page->status, &headers, buf_peek(&text));
    buf_fini(&text);
}

void page_redirect(struct inbound *in, str location, str cookie)
{
    struct headers headers;
    headers_init(&headers, in->arena, 8);
    header_add(&headers, HEADER_LOCATION, location);
    add_safety(&headers);
    if (!str_absent(cookie))
        header_add_name(&headers, STR("Set-Cookie"), cookie);
    inbound_answer(in, 303, &headers, STR(""));
}
