// Laying out the traffic table.
// Knows no links.

#include "analysis/facts/model_traffic.hpp"

#include <fmt/format.h>

#include "analysis/output/text_table.hpp"

namespace teapot {

std::string traffic_text(const std::vector<TrafficRow>& rows, const TokenSpread& spread) {
  constexpr auto right = TextTable::Align::right;
  TextTable table{{{"collective"},
                   {"calls", right},
                   {"copies", right},
                   {"a copy", right},
                   {"scale-up", right},
                   {"most", right},
                   {"scale-out", right},
                   {"most", right},
                   {"received, most", right},
                   {"a step", right}}};
  for (const TrafficRow& row : rows) {
    table.add({row.operation, fmt::format("{}", row.calls), fmt::format("{:.1f}", row.copies_mean),
               to_text(row.bytes_per_copy), to_text(row.scale_up_mean), to_text(row.scale_up_most),
               to_text(row.scale_out_mean), to_text(row.scale_out_most), to_text(row.received_most),
               to_text(row.step)});
  }
  std::string text =
      table.to_text() + "\nSent by one GPU in one call, the mean and the most; `a step` sums all calls.\n";
  if (spread.experts > 0) {
    text += fmt::format("A token's {:.0f} experts lie on {:.2f} distinct GPUs", spread.experts, spread.gpus);
    if (spread.nodes > 0) {
      text += fmt::format(" of {:.2f} distinct nodes, {:.2f} of them not its own", spread.nodes, spread.remote_nodes);
    }
    text += " (expected, all experts equally likely).\n";
  }
  return text;
}

}  // namespace teapot
