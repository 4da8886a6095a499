// Reading how a step is executed.
// Knows no accelerator, runtime or fabric.

#include "workloads/step/execution.hpp"

#include <fmt/format.h>

#include "workloads/step/overlap.hpp"

namespace teapot {

Execution read_execution(const Config& decode, const Model& model, const Layout& layout, const Load& load) {
  Execution e;
  auto words = overlap_names();
  words.insert(words.begin(), "auto");
  e.overlap = decode.choice_or(
      "overlap", words, "auto",
      {"What computes while something communicates: one half of the batch beside the other "
       "(dual-micro-batch, alternating-micro-batches), or shared experts beside dispatch and the experts' "
       "last product beside combine (single-batch); auto: two micro-batches where tokens leave "
       "their node to reach experts and each GPU has 32 requests (three that take turns "
       "with deployment.attention_gpus), else none",
       "none", "", "tbo two_batch_overlap dbo sbo single_batch_overlap"});
  const int micro_batches = e.overlap == "auto" ? 1 : overlap(e.overlap).micro_batches;
  if (micro_batches > 1 && load.fewest() < micro_batches) {
    (decode.has("overlap") ? decode.at("overlap") : decode)
        .fail(fmt::format("{} needs at least {} requests per GPU, got {}", e.overlap, micro_batches, load.fewest()));
  }
  if (micro_batches > 1 && layout.pipeline_parallel > 1) {
    decode.at("overlap").fail("must be none with pipeline_parallel, whose stages take turns already");
  }
  e.routing =
      read_routing(decode.section("routing", {"Which tokens go to which experts, and what travels", "{load: uniform}"}),
                   model, layout);
  e.precision = read_precision(
      decode.section("precision", {"Number formats: what is read, computed and sent", "{weights: fp8, kv: fp8}"}),
      model.weights, model.formats);
  return e;
}

}  // namespace teapot
