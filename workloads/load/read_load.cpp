// Reading the requests of a deployment, and drawing those that differ.
// Knows neither kernels nor traffic.

#include <fmt/format.h>

#include <cmath>

#include "sim/limits.hpp"
#include "sim/memory_limit.hpp"
#include "workloads/load/distribution.hpp"
#include "workloads/load/load.hpp"

namespace teapot {
namespace {

std::vector<int> read_counts(const Config& value, int gpus) {
  const auto limited = [&](double requests) {
    if (!(requests <= limits::requests))
      value.fail(fmt::format("must be at most {} a GPU, got {:.0f}", limits::requests, requests));
    return static_cast<int>(std::lround(requests));
  };
  if (value.is_scalar()) return {limited(value.as_positive<int>())};
  std::vector<int> counts;
  if (value.is_sequence()) {  // dealt to the GPUs in turn
    std::vector<int> pattern;
    for (const Config& item : value.items()) pattern.push_back(limited(item.as_positive<int>()));
    if (pattern.empty()) value.fail("must name at least one number");
    for (int gpu = 0; gpu < gpus; ++gpu) counts.push_back(pattern[static_cast<std::size_t>(gpu) % pattern.size()]);
    return counts;
  }
  const Distribution distribution = read_distribution(value);
  for (int gpu = 0; gpu < gpus; ++gpu) {
    Random random{distribution.seed, gpu, 1};
    counts.push_back(limited(distribution.draw(random)));
  }
  return counts;
}

/// So many requests in flight over the whole deployment, dealt evenly to the groups that share attention, and within
/// a group to its GPUs.
std::vector<int> deal(int all, const Layout& layout) {
  const int gpus = layout.attention_gpus();
  if (all % gpus == 0) return {all / gpus};
  const int each = layout.tensor_parallel;
  const int groups = gpus / each;
  std::vector<int> counts;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const int of_group = all / groups + (gpu / each < all % groups ? 1 : 0);
    counts.push_back(of_group / each + (gpu % each < of_group % each ? 1 : 0));
  }
  return counts;
}

void draw_contexts(const Distribution& distribution, int gpus, Requests& requests) {
  require_memory("the context of every request", sizeof(float) * requests.per_gpu() * gpus);
  for (int gpu = 0; gpu < gpus; ++gpu) {
    requests.begin.push_back(requests.contexts.size());
    Random random{distribution.seed, gpu};
    const int count = requests.counts[requests.counts.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
    for (int i = 0; i < count; ++i) {
      requests.contexts.push_back(static_cast<float>(std::round(distribution.draw(random))));
    }
  }
}

}  // namespace

Load read_load(const Config& deployment, const Layout& layout) {
  Load load;
  Requests& requests = load.requests[0];
  Distribution context;
  context.mean = requests.context;
  if (deployment.has("context_tokens",
                     {"Tokens in the cache of a request, the mean over its life: prompt and half of the answer; or a "
                      "distribution",
                      "4096", "", "context context_length ctx isl osl seq_len sequence_length max_model_len"}))
    context = read_distribution(deployment.at("context_tokens"));
  else
    context.mean = deployment.positive_or("context_tokens", context.mean);
  requests.context = context.mean;
  if (deployment.has(
          "requests_per_gpu",
          {"Requests of each GPU that attends at once, all micro-batches; a list is dealt to the GPUs in turn, or a "
           "distribution",
           "128", "", "batch batch_size bs batch_per_gpu requests max_num_seqs"})) {
    requests.counts = read_counts(deployment.at("requests_per_gpu"), layout.attention_gpus());
  }
  const About concurrency{"Requests in flight over the whole deployment, dealt evenly; in place of requests_per_gpu",
                          "512", "requests_per_gpu x gpus",
                          "max_concurrency concurrent_requests num_requests max_running_requests"};
  if (deployment.has("concurrency", concurrency)) {
    const Config all = deployment.at("concurrency");
    if (deployment.has("requests_per_gpu")) all.fail("give either this or `requests_per_gpu`, not both");
    requests.counts = deal(all.as_positive<int>(), layout);
  } else if (!deployment.has("requests_per_gpu")) {
    requests.counts = {deployment.positive_or("requests_per_gpu", requests.counts[0])};
  }
  if (!context.fixed()) draw_contexts(context, layout.attention_gpus(), requests);
  return load;
}

}  // namespace teapot
