/* ycoin-miner --benchmark: how fast each kernel of this machine is. */
#ifndef YC_MINER_BENCHMARK_H
#define YC_MINER_BENCHMARK_H

#include "base/buf.h"
#include "base/clock.h"
#include "miner/kernel.h"

/** Run each kernel (or only the one given) for about a second in so many threads at once (with pin each on a processor of its own), and append the result: lines
 *  for people, or as JSON {"kernels":[{"name","mhs"}],"threads","cpu":[flags]}, in the table's
 *  order. Kernels that give wrong answers are an error. YC_VALID or YC_SYSTEM, and as
 *  yc_thread_bind() with pin. */
enum yc_verdict yc_miner_benchmark(struct yc_buf *out, const struct yc_clock *clock, const struct yc_miner_kernel *only,
                                   unsigned threads, bool pin, bool json, struct yc_error *err) YC_MUST_USE;

#endif
