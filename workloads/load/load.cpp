// Dealing a load to micro-batches.
// Knows neither kernels nor traffic.

#include "workloads/load/load.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace teapot {
namespace {

int count_of(const Requests& requests, int gpu) {
  return requests.counts[requests.counts.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
}

/// How many requests of the GPU come before the micro-batch.
int first(const Requests& requests, int gpu, int micro_batch, int micro_batches) {
  const int all = count_of(requests, gpu);
  return all / micro_batches * micro_batch + std::min(micro_batch, all % micro_batches);
}

/// Those of a micro-batch, or of the whole step.
std::pair<int, int> dealt(const Requests& requests, int gpu, int micro_batch, int micro_batches) {
  if (micro_batch == Batches::whole_step) return {0, count_of(requests, gpu)};
  return {first(requests, gpu, micro_batch, micro_batches), first(requests, gpu, micro_batch + 1, micro_batches)};
}

int new_tokens(const Requests& requests, Tokens tokens) {
  if (tokens == Tokens::all) return requests.new_tokens;
  return tokens == Tokens::one_each || requests.prompt ? 1 : requests.new_tokens;
}

}  // namespace

double Requests::per_gpu() const {
  return std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
}

double Load::requests_per_gpu() const {
  double sum = 0;
  for (const auto& kind : requests) sum += kind.per_gpu();
  return sum;
}

double Load::context_tokens() const {
  if (requests.size() == 1) return requests[0].context;
  double sum = 0;
  for (const auto& kind : requests) sum += kind.per_gpu() * kind.context;
  return sum / requests_per_gpu();
}

double Load::new_tokens_per_gpu() const {
  double sum = 0;
  for (const auto& kind : requests) sum += kind.per_gpu() * kind.new_tokens;
  return sum;
}

int Load::fewest() const {
  int fewest = 0;
  for (const auto& kind : requests) fewest += *std::min_element(kind.counts.begin(), kind.counts.end());
  return fewest;
}

Batches::Batches(const Load& load, const Layout& layout, int micro_batches)
    : load_(load),
      gpus_(layout.attention_gpus()),
      group_size_(layout.tensor_parallel),
      micro_batches_(micro_batches),
      alike_(std::all_of(load.requests.begin(), load.requests.end(),
                         [](const Requests& r) { return r.counts.size() == 1 && r.contexts.empty(); })) {}

Batch Batches::of_gpus(int from, int to, int micro_batch, Tokens tokens, bool cache) const {
  Batch batch;
  for (const Requests& kind : load_.requests) {
    Sequences s;
    s.new_tokens = new_tokens(kind, tokens);
    s.prompt = kind.prompt;
    s.context = cache ? kind.context : 0;
    int count = 0;
    for (int gpu = from; gpu < to; ++gpu) {
      const auto [begin, end] = dealt(kind, gpu, micro_batch, micro_batches_);
      count += end - begin;
      if (!cache || kind.contexts.empty()) continue;
      const float* own = kind.contexts.data() + kind.begin[static_cast<std::size_t>(gpu)];
      s.contexts.emplace_back(own + begin, own + end);
    }
    s.count = count;
    batch.sequences.push_back(std::move(s));
  }
  return batch;
}

Batch Batches::of_group(int group, int micro_batch, Tokens tokens, bool cache) const {
  Batch batch = of_gpus(group * group_size_, (group + 1) * group_size_, micro_batch, tokens, cache);
  batch.shared_by = group_size_;
  return batch;
}

Batch Batches::of_gpu(int gpu, int micro_batch, Tokens tokens) const {
  return of_gpus(gpu, gpu + 1, micro_batch, tokens, false);
}

int Batches::tokens_of_gpu(int gpu, int micro_batch, Tokens tokens) const {
  int sum = 0;
  for (const Requests& kind : load_.requests) {
    const auto [begin, end] = dealt(kind, gpu, micro_batch, micro_batches_);
    sum += (end - begin) * new_tokens(kind, tokens);
  }
  return sum;
}

double Batches::mean_tokens() const {
  double sum = 0;
  for (const auto& kind : load_.requests) sum += kind.per_gpu() / micro_batches_ * kind.new_tokens;
  return sum;
}

}  // namespace teapot
