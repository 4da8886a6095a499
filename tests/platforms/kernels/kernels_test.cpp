// Kernel times: the roofline term by term.

#include "platforms/kernels/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace teapot;
using namespace teapot::literals;

namespace {

Accelerator machine() {
  Accelerator one;
  one.name = "test";
  one.memory_bandwidth = 1000.0_GBps;
  one.peak = {{"fp8", 200.0_TFLOPS}, {"bf16", 100.0_TFLOPS}};
  one.launch = 2.0_us;
  one.sms = 4;
  KernelFit fit;
  fit.compute = 0.5;
  fit.memory = 0.8;
  fit.startup = 3.0_us;
  one.kernels["gemm"] = fit;
  fit.sm_bandwidth = 4.0_GBps;
  one.kernels["grouped-gemm"] = fit;
  fit.sharpness = 2;
  one.kernels["mla-decode"] = fit;
  return one;
}

Kernel kernel(const std::string& kind, Flops flops, Bytes bytes) {
  Kernel one;
  one.kind = kind;
  one.precision = "bf16";
  one.flops = flops;
  one.bytes = bytes;
  return one;
}

double time_us(const Kernel& one) { return modelled(machine())(one).time.value * 1e6; }

}  // namespace

TEST_CASE("modelled kernel: the longer of arithmetic and memory traffic, plus launch and startup") {
  // 5 GFLOP / (100 TFLOPS * 0.5) = 100 us; 40 MB / (1000 GB/s * 0.8) = 50 us; 2 + 3 us to start
  CHECK(time_us(kernel("gemm", 5.0_GFLOP, 40.0_MB)) == doctest::Approx(105.0).epsilon(1e-12));
  CHECK(time_us(kernel("gemm", 5.0_GFLOP, 160.0_MB)) == doctest::Approx(205.0).epsilon(1e-12));
  Kernel twice = kernel("gemm", 5.0_GFLOP, 40.0_MB);
  twice.launches = 2;
  CHECK(time_us(twice) == doctest::Approx(110.0).epsilon(1e-12));
  CHECK(modelled(machine())(twice).provenance == Provenance::modelled);
}

TEST_CASE("modelled kernel: the precision picks the peak") {
  Kernel fast = kernel("gemm", 5.0_GFLOP, 0.0_MB);
  fast.precision = "fp8";
  CHECK(time_us(fast) == doctest::Approx(55.0).epsilon(1e-12));
  fast.precision = "fp64";
  CHECK_THROWS_AS(time_us(fast), ConfigError);
}

TEST_CASE("modelled kernel: attention pays for each sequence's KV head, in waves over the SMs") {
  Accelerator one = machine();
  one.kernels["mla-decode"].block = 4.0_us;
  Kernel attention = kernel("mla-decode", 0.0_GFLOP, 0.0_MB);
  attention.flops = 5.0_GFLOP;  // 100 us
  attention.shape.batch = 10;
  attention.shape.kv_heads = 2;
  CHECK(modelled(one)(attention).time.value * 1e6 == doctest::Approx(5 + 100 + 4.0 * 10 * 2 / 4).epsilon(1e-12));
}

TEST_CASE("modelled kernel: products run in whole tiles, in waves over the SMs") {
  // One group of 64 x 512 x 1000: four tiles of 64 x 128, one wave on 4 SMs. A tile is 2 * 64 * 128 * 1000 flops at
  // 100 TFLOPS * 0.5 / 4 = 12.5 TFLOPS: 1.31072 us.
  Kernel product = kernel("gemm", 1.0_GFLOP, 0.0_MB);
  product.shape = {.m = 64, .n = 512, .k = 1000};
  CHECK(time_us(product) == doctest::Approx(5 + 1.31072).epsilon(1e-12));
  product.shape.m = 1;  // a row fills a tile of 64
  CHECK(time_us(product) == doctest::Approx(5 + 1.31072).epsilon(1e-12));
  product.shape.m = 65;  // two waves of 64 rows, or one of 128 that takes as long
  CHECK(time_us(product) == doctest::Approx(5 + 2 * 1.31072).epsilon(1e-12));
}

TEST_CASE("modelled kernel: an accelerator's own tiles take the place of the usual ones") {
  Accelerator cpu = machine();  // tiles of 16 x 16, blocks of 32 along k: as AMX computes
  cpu.tiles = {{16}, {16}, 32};
  Kernel product = kernel("gemm", 1.0_GFLOP, 0.0_MB);
  product.shape = {.m = 1, .n = 64, .k = 1000};
  // Four tiles of 16 x 16, one on each SM: 2 * 16 * 16 * 1000 flops at 12.5 TFLOPS.
  CHECK(modelled(cpu)(product).time.value * 1e6 == doctest::Approx(5 + 0.04096).epsilon(1e-12));
  cpu.kernels["gemm"].block = 1.0_us;
  CHECK(modelled(cpu)(product).time.value * 1e6 == doctest::Approx(5 + 1000.0 / 32).epsilon(1e-12));
}

TEST_CASE("modelled kernel: each group has tiles of its own, and one SM loads only so fast") {
  Kernel grouped = kernel("grouped-gemm", 1.0_GFLOP, 0.0_MB);
  grouped.shape = {.m = 128, .n = 64, .k = 1000, .groups = 2};
  // 64 rows a group in the mean fill 1.5 tiles of 64 rows: three of 64 x 64 in one wave on 4 SMs, where one takes
  // (64 + 64) * 1000 * 2 B at 4 GB/s = 64 us; of 64 x 32 there would be six, two waves of 48 us.
  CHECK(time_us(grouped) == doctest::Approx(5 + 64.0).epsilon(1e-12));
}

TEST_CASE("modelled kernel: a finite sharpness rounds the corner") {
  // 100 us and 50 us with sharpness 2: sqrt(100^2 + 50^2)
  CHECK(time_us(kernel("mla-decode", 5.0_GFLOP, 40.0_MB)) == doctest::Approx(5 + std::sqrt(12500.0)).epsilon(1e-12));
}

TEST_CASE("modelled kernel: a kind that the accelerator does not know is named") {
  CHECK_THROWS_WITH(time_us(kernel("sort", 1.0_GFLOP, 0.0_MB)), "test: kernels: no entry for kernels of kind \"sort\"");
}
