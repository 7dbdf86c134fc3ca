/*
 * One validation as the command `validate` asks for it: the schema is compiled, the
 * instance is validated once, and all is forgotten but the report.
 */
#ifndef CLI_CLI_VALIDATE_H
#define CLI_CLI_VALIDATE_H

#include "cli/cli_command.h"
#include "json/json_place.h"
#include "json/json_write.h"
#include "schema/schema.h"

struct validation {
    struct arena *arena; /* the report lives in it */
    const struct json *schema;
    const struct json *instance;
    str text; /* that the instance was parsed from; absent = places are not told */
    enum schema_draft draft;
    bool formats;
    str folder; /* of remote schemas, see validation_real_path; absent = none */

    struct schema_report report;
    struct schema_fault fault;
};

/* False: the schema does not compile, validation->fault says why. */
bool validation_run(struct validation *validation) MUST_CHECK;

/* "2020-12" or "7". */
bool validation_take_draft(str name, enum schema_draft *ret_draft) MUST_CHECK;

/* Absolute, without links and dots: what `folder` wants. Absent when there is no such
 * file. */
str validation_real_path(struct arena *arena, str path);

/* "valid" and "errors", or "error" when the schema does not compile, as members of an
 * object that is open. */
void validation_put(struct json_out *out, const struct validation *validation, bool good);

/* Where in the instance's text an error is. False without a text. */
bool validation_place(const struct validation *validation,
                      const struct schema_error *error,
                      struct json_place *ret_place) MUST_CHECK;

/* Lines in, lines out, as docs/cli.md describes them, until standard input ends. */
int validation_lines(str folder);

#endif
