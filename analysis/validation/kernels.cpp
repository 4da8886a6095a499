// Replays measured kernels: rows of the tables, each left out once, and layers measured as a whole.
// Knows no accelerator by name.

#include <fmt/format.h>

#include <numeric>

#include "analysis/scenario/scenario.hpp"
#include "analysis/validation/validation.hpp"
#include "platforms/kernels/table.hpp"
#include "sim/catalogue.hpp"
#include "workloads/model/layer_kernels.hpp"
#include "workloads/model/mixer.hpp"

namespace teapot {
namespace {

constexpr int folds = 3;  // every third row is left out, three times

std::string label(const KernelRow& row) {
  const KernelShape& s = row.kernel.shape;
  if (row.kernel.kind == "gemm") return fmt::format("m {} n {} k {}", s.m, s.n, s.k);
  if (row.kernel.kind == "grouped-gemm") return fmt::format("{} experts, m {} n {} k {}", s.groups, s.m, s.n, s.k);
  return fmt::format("{} heads, {} KV heads, batch {}, context {}", s.heads, s.kv_heads, s.batch, s.context);
}

/// Attention of one layer, or its routed experts, on one GPU.
std::vector<Kernel> kernels_of(const Scenario& s, const std::string& part) {
  const double tokens = s.load.requests_per_gpu();
  if (part == "experts") {
    const double local = s.layout.experts_per_rank(s.model);
    const double copies = tokens * s.model.experts.top_k;  // every rank sends away as many as it receives
    return expert_kernels(s.model, s.execution.precision, copies, std::min(local, copies), 1, false);
  }
  const Attention& attention = s.model.layers.back().attention;
  const Batch batch{{{tokens, 1, s.load.context_tokens(), {}, false}}, 1};
  const Mixer& mixer = mixer_of(attention);
  auto kernels = mixer.projections(s.model, attention, s.execution.precision, batch);
  for (auto& kernel : mixer.core(s.model, attention, s.execution.precision, batch)) kernels.push_back(kernel);
  return kernels;
}

}  // namespace

void replay_kernels(const Config& config, Validation& validation) {
  const Accelerator accelerator =
      read_accelerator(Config{resolve_named(config.at("accelerator"), "platforms/accelerators", "accelerator")});
  const auto table = config.get<std::string>("table");
  const auto kind = config.get<std::string>("kernel");
  const auto precision = config.get<std::string>("precision");
  const auto all = read_kernel_rows();
  for (int fold = 0; fold < folds; ++fold) {
    std::vector<KernelRow> kept;
    std::vector<KernelRow> out;
    int index = 0;
    for (const auto& row : all) {
      const bool tried = row.table == table && row.kernel.kind == kind && row.kernel.precision == precision;
      (tried && index++ % folds == fold ? out : kept).push_back(row);
    }
    const TimeKernel time = measured(accelerator, kept);
    for (const auto& row : out) {
      validation.rows.push_back({label(row), row.time.value * 1e6, time(row.kernel).time.value * 1e6, Use::check});
    }
  }
  if (validation.rows.empty()) config.at("table").fail("no row has this table, kernel and precision");
}

void replay_layers(const Config& config, Validation& validation) {
  const Tree base = config.at("scenario").tree();
  const std::string part = config.choice("part", {"attention", "experts"});
  for (const auto& row : case_rows(config)) {
    const Scenario s = read_scenario(row.scenario(base), validation.name);
    const auto kernels = kernels_of(s, part);
    const Seconds sum = std::accumulate(kernels.begin(), kernels.end(), Seconds{}, [&](Seconds total, const Kernel& k) {
      return total + s.machine.devices.time(k).time;
    });
    validation.rows.push_back({row.label(), row.cell("measured").as_positive<double>(), sum.value * 1e6, row.use()});
  }
}

}  // namespace teapot
