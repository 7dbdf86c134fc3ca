// simdjson_runner FILE MS: as json_runner, with the DOM of simdjson, its parser used
// again.
#include <cstdio>
#include <cstdlib>
#include <simdjson.h>

#include "bench/clock.h"

struct job {
    simdjson::dom::parser parser;
    simdjson::padded_string text;
    bool good;
};

static void run(void *arg)
{
    auto *job = static_cast<struct job *>(arg);
    simdjson::dom::element value;
    job->good = !job->parser.parse(job->text).get(value);
}

int main(int argc, char **argv)
{
    static struct job job;
    if (argc < 3 || simdjson::padded_string::load(argv[1]).get(job.text))
        return 1;
    run(&job);
    std::printf("%.0f\n", bench_measure(run, &job, std::atof(argv[2])));
    return job.good ? 0 : 1;
}
