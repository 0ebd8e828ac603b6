#include "ops/bench/bench.hpp"
namespace bench { int bench_replay(const BenchOptions&) { return 1; } }
