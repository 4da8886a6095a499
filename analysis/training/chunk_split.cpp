// Kernels by kind, and what runs while none does.
// Does not know why a chunk is as it is.

#include "analysis/training/chunk_split.hpp"

#include <algorithm>
#include <string>

namespace teapot {
namespace {

struct Interval {
  Seconds from, to;
  int op = -1;
};

std::string words_of_kind(const std::string& kind) {
  if (kind == "gemm") return "products with weights";
  if (kind == "grouped-gemm") return "products of experts";
  if (kind == "weight-gradient-gemm") return "products of weights' gradients";
  if (kind.starts_with("attention")) return "attention";
  return "passes over activations";
}

class Split {
 public:
  Split(const Program& program, const Timeline& timeline, double longer)
      : program_(program), timeline_(timeline), longer_(longer) {
    for (int op = 0; op < timeline.operators; ++op) {
      if (!timeline.ran(op, 0)) continue;
      const auto& work = program.operators[static_cast<std::size_t>(op)].work;
      (std::holds_alternative<Compute>(work) ? computing_ : travelling_)
          .push_back({timeline.start(op, 0), timeline.end(op, 0), op});
    }
    const auto earlier = [](const Interval& a, const Interval& b) { return a.from < b.from; };
    std::stable_sort(computing_.begin(), computing_.end(), earlier);
  }

  std::vector<StepPart> until(Seconds end) {
    Seconds at;
    for (const Interval& one : computing_) {
      add_gap(at, one.from);
      add_kernels(one);
      at = std::max(at, one.to);
    }
    add_gap(at, end);
    return std::move(parts_);
  }

 private:
  void add_kernels(const Interval& one) {
    const auto& work = std::get<Compute>(program_.operators[static_cast<std::size_t>(one.op)].work);
    Seconds sum;
    for (const KernelPart& part : work.parts) sum += part.time;
    const double alone = sum > Seconds{} ? work.on(0) / sum / longer_ : 0;
    for (const KernelPart& part : work.parts)
      add_step_part(parts_, "computing", words_of_kind(part.kind), part.time * alone);
    add_step_part(parts_, "trainer", "kernels last longer in the framework", work.on(0) - sum * alone);
    add_step_part(parts_, "exchanges", "SMs held by exchanges", one.to - one.from - work.on(0));
  }

  /// Nothing is computed: the first exchange that is on its way is what is waited for.
  void add_gap(Seconds from, Seconds to) {
    if (to <= from) return;
    std::vector<Seconds> cuts{from, to};
    for (const Interval& one : travelling_) {
      for (const Seconds& cut : {one.from, one.to}) {
        if (from < cut && cut < to) cuts.push_back(cut);
      }
    }
    std::sort(cuts.begin(), cuts.end());
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) add_waiting(cuts[i], cuts[i + 1]);
  }

  void add_waiting(Seconds from, Seconds to) {
    const auto covers = [&](const Interval& one) { return one.from <= from && to <= one.to; };
    const auto found = std::find_if(travelling_.begin(), travelling_.end(), covers);
    if (found == travelling_.end()) return add_step_part(parts_, "exchanges", "slower GPUs of the group", to - from);
    add_step_part(parts_, "exchanges", program_.operators[static_cast<std::size_t>(found->op)].name, to - from);
  }

  const Program& program_;
  const Timeline& timeline_;
  double longer_;
  std::vector<Interval> computing_, travelling_;
  std::vector<StepPart> parts_;
};

}  // namespace

void add_step_part(std::vector<StepPart>& parts, const char* group, const std::string& name, Seconds time) {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const StepPart& part) { return part.group == group && part.name == name; });
  if (found != parts.end()) {
    found->time += time;
  } else {
    parts.push_back({group, name, time});
  }
}

std::vector<StepPart> chunk_split(const Program& program, const Timeline& timeline, Seconds until, double longer) {
  return Split{program, timeline, longer}.until(until);
}

}  // namespace teapot
