// Drawing the requests of a deployment and dealing them to micro-batches.
// Knows neither kernels nor traffic.

#include "workloads/load/requests.hpp"

#include <cmath>

#include "sim/random.hpp"

namespace teapot {

Requests::Requests(const Deployment& deployment, int micro_batches)
    : gpus_(deployment.gpus),
      group_size_(deployment.tensor_parallel),
      micro_batches_(micro_batches),
      alike_(deployment.requests.size() == 1 && deployment.context.fixed()),
      counts_(deployment.requests),
      context_(deployment.context.mean) {
  if (deployment.context.fixed()) return;
  for (int gpu = 0; gpu < gpus_; ++gpu) {
    begin_.push_back(contexts_.size());
    Random random{deployment.context.seed, gpu};
    for (int i = 0; i < counts_[counts_.size() == 1 ? 0 : static_cast<std::size_t>(gpu)]; ++i) {
      contexts_.push_back(static_cast<float>(std::round(deployment.context.draw(random))));
    }
  }
}

int Requests::first(int gpu, int micro_batch) const {
  const int all = counts_[counts_.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
  return all / micro_batches_ * micro_batch + std::min(micro_batch, all % micro_batches_);
}

int Requests::of_gpu(int gpu, int micro_batch) const { return first(gpu, micro_batch + 1) - first(gpu, micro_batch); }

int Requests::of_group(int group, int micro_batch) const {
  int sum = 0;
  for (int gpu = group * group_size_; gpu < (group + 1) * group_size_; ++gpu) sum += of_gpu(gpu, micro_batch);
  return sum;
}

template <class F>
void Requests::each_context(int group, int micro_batch, F&& f) const {
  for (int gpu = group * group_size_; gpu < (group + 1) * group_size_; ++gpu) {
    const std::size_t begin = begin_[static_cast<std::size_t>(gpu)];
    for (int i = first(gpu, micro_batch); i < first(gpu, micro_batch + 1); ++i) {
      f(double{contexts_[begin + static_cast<std::size_t>(i)]});
    }
  }
}

double Requests::visible(int group, int micro_batch, const Attention& attention) const {
  if (contexts_.empty()) return attention.visible(context_);
  double sum = 0;
  each_context(group, micro_batch, [&](double context) { sum += attention.visible(context); });
  const int requests = of_group(group, micro_batch);
  return requests > 0 ? sum / requests : 0;
}

double Requests::kept(int group, const Attention& attention) const {
  double sum = 0;
  for (int micro_batch = 0; micro_batch < micro_batches_; ++micro_batch) {
    if (contexts_.empty()) {
      sum += of_group(group, micro_batch) * attention.visible(context_);
    } else {
      each_context(group, micro_batch, [&](double context) { sum += attention.visible(context); });
    }
  }
  return sum;
}

}  // namespace teapot
