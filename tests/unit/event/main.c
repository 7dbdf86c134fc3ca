/* The unit tests of src/event. */
int test_event(void);

int main(void)
{
    return test_event() != 0;
}
