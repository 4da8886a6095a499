// Measured kernels: between two rows, beyond them, and how well rows that were left out are met.

#include "platforms/kernels/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "sim/catalogue.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Accelerator named(const std::string& name) {
  return read_accelerator(Config{resolve_named(name, "platforms/accelerators", "accelerator")});
}

Kernel product(double m) {
  Kernel kernel;
  kernel.kind = "gemm";
  kernel.precision = "bf16";
  kernel.shape = {.m = m, .n = 1000, .k = 1000};
  kernel.flops = {2 * m * 1000 * 1000};
  kernel.bytes = {2 * (2 * m * 1000 + 1000 * 1000)};
  return kernel;
}

/// A machine whose products are bound by memory alone: the model's time is bytes / bandwidth.
Accelerator measured_machine() {
  Accelerator one;
  one.name = "test";
  one.memory_bandwidth = 1.0_GBps;
  one.peak = {{"bf16", FlopsPerSecond{1e30}}};
  one.sms = 1;
  one.kernels["gemm"] = {};
  one.tables = {"test"};
  return one;
}

std::vector<KernelRow> rows() {
  return {{"test", "made up", product(100), 10.0_ms}, {"test", "made up", product(400), 20.0_ms}};
}

bool of(const Accelerator& accelerator, const KernelRow& row) {
  return std::find(accelerator.tables.begin(), accelerator.tables.end(), row.table) != accelerator.tables.end();
}

struct Residuals {
  double median = 0;
  double worst_tenth = 0;
};

/// Leaves every third row of a kind out, three times, so that each is predicted once from the others.
Residuals left_out(const std::string& name, const std::string& kind, const std::string& precision) {
  const Accelerator accelerator = named(name);
  const auto all = read_kernel_rows();
  std::vector<double> errors;
  for (int fold = 0; fold < 3; ++fold) {
    std::vector<KernelRow> kept;
    std::vector<KernelRow> out;
    int index = 0;
    for (const auto& row : all) {
      const bool tried = of(accelerator, row) && row.kernel.kind == kind && row.kernel.precision == precision;
      (tried && index++ % 3 == fold ? out : kept).push_back(row);
    }
    const TimeKernel time = measured(accelerator, kept);
    for (const auto& row : out) errors.push_back(std::abs(time(row.kernel).time / row.time - 1));
  }
  REQUIRE(errors.size() > 10);
  std::sort(errors.begin(), errors.end());
  return {errors[errors.size() / 2], errors[errors.size() * 9 / 10]};
}

}  // namespace

TEST_CASE("measured kernel: a row is met exactly and tagged measured") {
  const TimeKernel time = measured(measured_machine(), rows());
  CHECK(time(product(100)).time.value == doctest::Approx(10e-3).epsilon(1e-12));
  CHECK(time(product(100)).provenance == Provenance::measured);
}

TEST_CASE("measured kernel: between rows the model is corrected by how far both rows lie off it") {
  // bytes: 2.4 MB at m = 100, 2.8 MB at 200, 3.6 MB at 400, at 1 GB/s. Two rows as far apart as both from the middle:
  // the conditional mean there is their sum / (2 cosh(distance / 0.5)), from Rasmussen and Williams 2006, eq. 2.25.
  const KernelTime between = measured(measured_machine(), rows())(product(200));
  const double residuals = std::log(10 / 2.4) + std::log(20 / 3.6);
  const double mean = residuals / (2 * std::cosh(std::log(2) / 0.5));
  const double corrected = 2.8e-3 * std::exp(mean);
  CHECK(corrected < 10e-3);  // so the row before is the bound
  CHECK(between.time.value == doctest::Approx(10e-3).epsilon(1e-12));
  CHECK(between.provenance == Provenance::interpolated);
  auto near = rows();
  near[0].time = 2.5_ms;  // 4% and 11% above the model
  near[1].time = 4.0_ms;
  const double small = (std::log(2.5 / 2.4) + std::log(4 / 3.6)) / (2 * std::cosh(std::log(2) / 0.5));
  const KernelTime corrected_model = measured(measured_machine(), near)(product(200));
  CHECK(corrected_model.time.value == doctest::Approx(2.8e-3 * std::exp(small)).epsilon(1e-9));
}

TEST_CASE("measured kernel: beyond the rows, and for another shape, the model answers and says so") {
  const TimeKernel time = measured(measured_machine(), rows());
  const TimeKernel model = modelled(measured_machine());
  Kernel other = product(200);
  other.shape.n = 1001;
  CHECK(time(other).provenance == Provenance::modelled);
  CHECK(time(other).time == model(other).time);
  for (const Kernel& kernel : {product(99), product(401)}) CHECK(time(kernel).provenance == Provenance::modelled);
  // Beside a row its correction still holds, a thousand times further off it is gone.
  CHECK(time(product(401)).time / time(product(400)).time == doctest::Approx(1).epsilon(0.01));
  CHECK(time(product(400e3)).time / model(product(400e3)).time == doctest::Approx(1).epsilon(1e-5));
  Kernel narrow = product(200);
  narrow.bytes = narrow.bytes / 2;  // weights of another width
  CHECK(time(narrow).provenance == Provenance::modelled);
}

TEST_CASE("measured kernel: noise in the rows does not make more work cheaper") {
  auto noisy = rows();
  noisy.push_back({"test", "made up", product(200), 25.0_ms});
  const TimeKernel time = measured(measured_machine(), noisy);
  Seconds before;
  for (double m = 100; m <= 400; m += 10) {
    const Seconds now = time(product(m)).time;
    CHECK(now >= before);
    before = now;
  }
}

TEST_CASE("measured kernel: more tokens, more context and more experts never take less time in the tables there are") {
  for (const char* name : {"h800", "h100", "gb200"}) {
    const Accelerator accelerator = named(name);
    const TimeKernel time = measured(accelerator);
    for (const auto& row : read_kernel_rows()) {
      if (!of(accelerator, row) || row.kernel.kind != "mla-decode") continue;
      Kernel more = row.kernel;
      const double factor = 1.3;
      more.shape.context *= factor;
      more.flops *= factor;
      more.bytes *= factor;
      if (time(more).provenance == Provenance::modelled) continue;
      CAPTURE(row.kernel.shape.batch);
      CAPTURE(row.kernel.shape.context);
      CHECK(time(more).time >= time(row.kernel).time);
    }
  }
}

TEST_CASE("measured kernel: below and past the rows, more context never takes less time either") {
  for (const char* name : {"h800", "h100", "h20", "gb200"}) {
    const Accelerator accelerator = named(name);
    const TimeKernel time = measured(accelerator);
    for (const auto& row : read_kernel_rows()) {
      if (!of(accelerator, row) || !row.kernel.kind.ends_with("-decode")) continue;
      CAPTURE(row.kernel.shape.batch);
      const Bytes queries{row.kernel.flops.value / row.kernel.shape.context};  // two bytes for each of 2 FLOPs a token
      Seconds before;
      for (double context = 4; context < 4e6; context *= 1.37) {
        Kernel kernel = row.kernel;
        kernel.shape.context = context;
        const double work = context / row.kernel.shape.context;
        kernel.flops = row.kernel.flops * work;
        kernel.bytes = (row.kernel.bytes - queries) * work + queries;
        CAPTURE(context);
        const Seconds now = time(kernel).time;
        CHECK(now.value >= before.value * (1 - 1e-3));  // between two of the places that are looked at
        before = now;
      }
    }
  }
}

TEST_CASE("published kernels: rows left out of the tables are predicted from the others") {
  // InferSim (H800) and aiconfigurator (H100), see platforms/kernels
  struct Case {
    const char* accelerator;
    const char* kind;
    const char* precision;
    double worst_tenth;
  };
  for (const Case& one : {Case{"h800", "mla-decode", "bf16", 0.15}, Case{"h800", "grouped-gemm", "fp8", 0.15},
                          Case{"h800", "gemm", "fp8", 0.15}, Case{"h800", "gqa-decode", "bf16", 0.15},
                          Case{"h100", "gemm", "fp8", 0.15}, Case{"h100", "gemm", "bf16", 0.15}}) {
    CAPTURE(one.accelerator);
    CAPTURE(one.kind);
    CAPTURE(one.precision);
    const Residuals residuals = left_out(one.accelerator, one.kind, one.precision);
    CHECK(residuals.median < 0.05);
    CHECK(residuals.worst_tenth < one.worst_tenth);
  }
}
