// SPDX-License-Identifier: Apache-2.0
// baton-dataplane. This file is built for the plainest x86-64, so that on a CPU that cannot run the rest it says so.
#include <cstdio>
#include <exception>

#include "dataplane/options.h"
#include "dataplane/start.h"
#include "sync/base/log.h"

namespace {

bool cpu_fits() {
#ifdef BATON_PLAIN_CPU
    return true;
#else
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("fma") && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt");
#endif
}

}  // namespace

int main(int argc, char** argv) {
    if (!cpu_fits()) {
        std::fputs("baton-dataplane: this CPU lacks AVX2, BMI2 or FMA; the program was built for " BATON_CPU
                   ". Build it with -Dcpu=x86-64-v2 for this machine.\n",
                   stderr);
        return 1;
    }
    baton::log::open("dataplane");
    try {
        const auto options = baton::dataplane::read_options(argc, argv);
        if (options && !options->check_only) baton::dataplane::run(*options);
        return 0;
    } catch (const baton::StartupError& error) {
        std::fprintf(stderr, "%s\n", error.what.c_str());
        return error.exit_code;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "baton-dataplane: %s\n", error.what());
        return 1;
    }
}
