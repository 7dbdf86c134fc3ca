/* The unit tests of src/payload; what every implementation must do is in
 * tests/contract/payload. */
int test_payload_reference(void);
int test_payload_files(void);

int main(void)
{
    return test_payload_reference() + test_payload_files() != 0;
}
