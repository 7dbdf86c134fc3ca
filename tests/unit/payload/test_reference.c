#include "payload/payload_reference.h"

#include "support/unit.h"

int test_payload_reference(void);

static void a_record_s_reference_comes_back(void **state)
{
    (void)state;
    struct journal_ref ref = {0xfedcba9876543210, 7, 0xffffffff, 0}, read;
    char text[PAYLOAD_REFERENCE_BYTES];
    payload_write_record(&ref, text);
    assert_string_equal(text, "jfedcba9876543210.ffffffff.00000000.0000000000000007");
    assert_true(payload_read_record(str_z(text), &read));
    assert_memory_equal(&read, &ref, sizeof(ref));
}

static void a_file_s_reference_comes_back(void **state)
{
    (void)state;
    struct payload_file file = {482137, 0xabcdef, PAYLOAD_BYTES_MAX, 0x12345678}, read;
    char text[PAYLOAD_REFERENCE_BYTES], name[PAYLOAD_FILE_NAME_BYTES];
    payload_write_file(&file, text);
    assert_string_equal(text, "f0000000000075b59.0000000000abcdef.01900000.12345678");
    assert_true(payload_read_file(str_z(text), &read));
    assert_memory_equal(&read, &file, sizeof(file));
    payload_write_name(&file, name);
    assert_string_equal(name, "0000000000075b59.0000000000abcdef");
    assert_true(payload_read_name(name, &read));
    assert_true(read.hour == file.hour && read.name == file.name);
    assert_false(payload_read_name("0000000000075b59", &read));
    assert_false(payload_read_name("0000000000075b59.0000000000abcdef.new", &read));
    file.bytes++;
    payload_write_file(&file, text);
    assert_false(payload_read_file(str_z(text), &read)); /* nothing so long is ours */
}

static void only_the_exact_form_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "j",
        "jfedcba9876543210",
        "jfedcba9876543210.",
        "jfedcba9876543210.ffffffff.00000000",
        "jfedcba9876543210.ffffffff.00000000.",
        "jfedcba9876543210.ffffffff.00000000.000000000000000",
        "jfedcba9876543210.ffffffff.00000000.00000000000000071",
        "jfedcba9876543210.ffffffff.00000000.0000000000000007.",
        "jFEDCBA9876543210.ffffffff.00000000.0000000000000007",
        "jfedcba9876543210-ffffffff.00000000.0000000000000007",
        "kfedcba9876543210.ffffffff.00000000.0000000000000007",
        " jfedcba9876543210.ffffffff.00000000.0000000000000007",
    };
    struct journal_ref ref;
    struct payload_file file;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(payload_read_record(str_z(bad[i]), &ref));
        assert_false(payload_read_file(str_z(bad[i]), &file));
    }
}

static void a_prefix_comes_back(void **state)
{
    (void)state;
    char text[PAYLOAD_REFERENCE_BYTES];
    enum payload_kind kind;
    uint64_t group;
    payload_write_prefix(PAYLOAD_FILE, 77, text);
    assert_string_equal(text, "f000000000000004d.");
    assert_true(payload_read_prefix(str_z(text), &kind, &group));
    assert_true(kind == PAYLOAD_FILE && group == 77);
    payload_write_prefix(PAYLOAD_RECORD, 78, text);
    assert_true(payload_read_prefix(str_z(text), &kind, &group));
    assert_true(kind == PAYLOAD_RECORD && group == 78);
    assert_false(payload_read_prefix(STR("j000000000000004d"), &kind, &group));
    assert_false(payload_read_prefix(STR("j000000000000004d.0."), &kind, &group));
}

int test_payload_reference(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_s_reference_comes_back),
        cmocka_unit_test(a_file_s_reference_comes_back),
        cmocka_unit_test(only_the_exact_form_is_read),
        cmocka_unit_test(a_prefix_comes_back),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
