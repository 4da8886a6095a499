// Words and numbers of the two sides.
// Decides nothing.

#include "analysis/run/sides.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workloads/layout/memory.hpp"

namespace teapot {
namespace {

constexpr const char* side_names[] = {"attention", "feed-forwards"};

/// What the fullest GPU of each side holds.
Memory held_by(const Scenario& s, std::size_t side) {
  const bool drafts = s.speculation.draft_tokens > 0;
  const Precision& precision = s.execution.precision;
  if (side == 0) return memory_per_gpu(s.model, s.layout, s.load, precision, drafts);
  Memory memory;
  memory.weights = feed_forward_weights(s.model, s.layout, precision, drafts);
  return memory;
}

}  // namespace

void add_side(Seconds compute, Seconds exposed, int ranks, Seconds step, std::vector<SideTime>& sides) {
  SideTime side{ranks, compute, exposed, {}};
  for (const SideTime& before : sides) {
    side.compute = side.compute - before.compute * before.gpus;
    side.exposed = side.exposed - before.exposed * before.gpus;
    side.gpus -= before.gpus;
  }
  side.compute = side.compute / side.gpus;
  side.exposed = side.exposed / side.gpus;
  side.idle = std::max(Seconds{}, step - side.compute - side.exposed);
  sides.push_back(side);
}

std::string sides_text(const Scenario& scenario, const Report& report) {
  std::string text;
  for (std::size_t side = 0; side < report.sides.size(); ++side) {
    const SideTime& time = report.sides[side];
    const Memory memory = held_by(scenario, side);
    text += fmt::format("{} GPUs for {}: computing {:.3f} ms + exposed communication {:.3f} + idle {:.3f}; weights {}",
                        time.gpus, side_names[side], ms(time.compute), ms(time.exposed), ms(time.idle),
                        to_text(memory.weights));
    if (memory.kv > Bytes{}) text += fmt::format(", KV cache {}", to_text(memory.kv));
    text += '\n';
  }
  return text;
}

nlohmann::ordered_json sides_json(const Scenario& scenario, const Report& report) {
  auto json = nlohmann::ordered_json::array();
  for (std::size_t side = 0; side < report.sides.size(); ++side) {
    const SideTime& time = report.sides[side];
    const Memory memory = held_by(scenario, side);
    json.push_back({{"runs", side_names[side]},
                    {"gpus", time.gpus},
                    {"compute_ms", ms(time.compute)},
                    {"exposed_communication_ms", ms(time.exposed)},
                    {"idle_ms", ms(time.idle)},
                    {"weights_bytes", memory.weights.value},
                    {"kv_bytes", memory.kv.value}});
  }
  return json;
}

}  // namespace teapot
