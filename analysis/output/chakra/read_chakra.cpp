// Merged nodes as operators of a program.
// Does not know how files are laid out.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "analysis/output/chakra/attributes.hpp"
#include "analysis/output/chakra/chakra.hpp"
#include "analysis/output/chakra/merge.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

using chakra::Member;
using chakra::Merged;
using chakra::number;
using Groups = std::shared_ptr<const std::vector<int>>;

/// Bytes to each of N peers, as a multiple of comm_size / N, when every rank sends straight to every other one.
double parts_of(const chakra::Node& node, const std::string& where) {
  const int type = static_cast<int>(number(node, "comm_type").value_or(chakra::ALL_TO_ALL));
  switch (type) {
    case chakra::ALL_REDUCE:
      return 2;
    case chakra::ALL_GATHER:
    case chakra::REDUCE_SCATTER:
    case chakra::ALL_TO_ALL:
      return 1;
    case chakra::BARRIER:
      return 0;
    default:
      throw ConfigError(fmt::format(
          "{}: comm_type {} (known: all-reduce, all-gather, reduce-scatter, all-to-all, barrier)", where, type));
  }
}

/// "" and "0" are both all ranks.
std::string group_name(const chakra::Node& node) {
  const std::string name = chakra::text(node, "pg_name");
  return name.empty() ? std::string(1, '0') : name;
}

class ProgramReader {
 public:
  ProgramReader(const std::vector<chakra::RankTrace>& traces, const ChakraMachine& machine)
      : traces_(traces), machine_(machine), ranks_(static_cast<int>(traces.size())) {}

  Program read() {
    Program program;
    program.ranks = ranks_;
    const std::string streams = chakra::text(traces_[0].head, "teapot_streams");
    for (std::size_t from = 0; !streams.empty() && from <= streams.size();) {
      const std::size_t comma = std::min(streams.find(',', from), streams.size());
      program.streams.push_back(streams.substr(from, comma - from));
      from = comma + 1;
    }
    if (program.streams.empty()) program.streams = {"compute", "communication"};
    for (const Merged& merged : chakra::merge(traces_)) {
      Operator op = read_operator(merged);
      if (op.stream < 0 || at(op.stream) >= program.streams.size()) fail(merged.members[0], "no such stream");
      program.operators.push_back(std::move(op));
    }
    return program;
  }

 private:
  std::string where(const Member& m) const {
    return fmt::format("{}: node {} ({})", traces_[at(m.rank)].file, m.node->id(), m.node->name());
  }
  [[noreturn]] void fail(const Member& m, const std::string& why) const { throw ConfigError(where(m) + ": " + why); }

  Operator read_operator(const Merged& merged) {
    const chakra::Node* first = merged.members[0].node;
    for (const Member& m : merged.members) {
      if (!chakra::text(*m.node, "teapot_name").empty()) {
        first = m.node;
        break;
      }
    }
    const bool pairs = std::any_of(merged.members.begin(), merged.members.end(), [](const Member& m) {
      return m.node->type() == chakra::SEND || m.node->type() == chakra::RECEIVE;
    });
    const bool group = std::any_of(merged.members.begin(), merged.members.end(),
                                   [](const Member& m) { return m.node->type() == chakra::COLLECTIVE; });
    const bool communicates = pairs || group || number(*first, "teapot_bytes_per_copy");
    Operator op;
    const std::string own = chakra::text(*first, "teapot_name");
    op.name = own.empty() ? first->name() : own;
    op.layer = static_cast<int>(number(*first, "teapot_layer").value_or(-1));
    op.micro_batch = static_cast<int>(number(*first, "teapot_micro_batch").value_or(0));
    op.stream = static_cast<int>(number(*first, "teapot_stream").value_or(communicates ? 1 : 0));
    op.after.assign(merged.after.begin(), merged.after.end());
    if (communicates) {
      op.work = read_collective(merged, *first, group);
    } else {
      op.work = read_compute(merged);
    }
    op.on = ranks_of(merged);
    return op;
  }

  /// Those whose traces hold it, and those they send to; null where that is all.
  Ranks ranks_of(const Merged& merged) const {
    std::set<int> on;
    for (const Member& m : merged.members) {
      on.insert(m.rank);
      if (m.node->type() == chakra::SEND) on.insert(static_cast<int>(*number(*m.node, "comm_dst")));
    }
    return static_cast<int>(on.size()) == ranks_ ? nullptr : ranks({on.begin(), on.end()});
  }

  Seconds duration(const Member& m) const {
    if (const auto exact = number(*m.node, "teapot_duration_s")) return Seconds{*exact};
    if (m.node->type() == chakra::METADATA) return {};
    if (m.node->duration_us() > 0) return Seconds{static_cast<double>(m.node->duration_us()) * 1e-6};
    const Flops flops{number(*m.node, "num_ops").value_or(0)};
    const Bytes bytes{number(*m.node, "tensor_size").value_or(0)};
    if (!(flops > Flops{}) && !(bytes > Bytes{})) return {};
    if (!(machine_.peak > FlopsPerSecond{}) || !(machine_.memory > BytesPerSecond{})) {
      fail(m, "has no duration, and how fast the accelerator is was not said");
    }
    return std::max(flops / machine_.peak, bytes / machine_.memory);
  }

  Compute read_compute(const Merged& merged) const {
    Compute work;
    work.duration.assign(at(ranks_), duration(merged.members[0]));  // it never runs on ranks that do not have it
    const auto members = static_cast<double>(merged.members.size());
    for (const Member& m : merged.members) {
      work.duration[at(m.rank)] = duration(m);
      work.flops += Flops{number(*m.node, "num_ops").value_or(0)} / members;
      work.bytes += Bytes{number(*m.node, "tensor_size").value_or(0)} / members;
    }
    const auto other = std::adjacent_find(work.duration.begin(), work.duration.end(), std::not_equal_to<>{});
    if (other == work.duration.end()) work.duration.resize(1);
    return work;
  }

  Collective read_collective(const Merged& merged, const chakra::Node& first, bool group) {
    Collective c;
    c.bytes_per_copy = Bytes{number(first, "teapot_bytes_per_copy").value_or(1)};
    c.overhead = Seconds{number(first, "teapot_overhead_s").value_or(0)};
    c.sm_share = number(first, "teapot_sm_share").value_or(0);
    c.weight = number(first, "teapot_weight").value_or(1);
    c.wire = wire(chakra::text(first, "teapot_wire"));
    c.traffic = group ? group_traffic(merged) : pair_traffic(merged);
    return c;
  }

  std::shared_ptr<const Wire> wire(const std::string& text) {
    if (text.empty()) return nullptr;
    auto& known = wires_[text];
    if (known) return known;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    Wire read;
    for (const auto& [tier, use] : json.items()) {
      const bool whole = use.is_array() && use.size() == 3 &&
                         std::all_of(use.begin(), use.end(), [](const auto& part) { return part.is_number(); });
      if (!whole) {
        throw ConfigError("a trace's attribute teapot_wire is damaged: " + text);
      }
      read.tiers[tier] = {use[0].get<double>(), Seconds{use[1].get<double>()}, Seconds{use[2].get<double>()}};
    }
    return known = std::make_shared<const Wire>(std::move(read));
  }

  Groups shared(std::vector<int> groups) {
    auto& known = groups_[groups];
    if (!known) known = std::make_shared<const std::vector<int>>(std::move(groups));
    return known;
  }

  std::shared_ptr<const Traffic> group_traffic(const Merged& merged) {
    std::map<std::string, int> names;
    std::map<std::string, int> members;
    std::vector<int> groups(at(ranks_), -1);
    for (const Member& m : merged.members) {
      const std::string name = group_name(*m.node);
      groups[at(m.rank)] = names.emplace(name, static_cast<int>(names.size())).first->second;
      ++members[name];
    }
    if (members.contains("0") && members["0"] != ranks_) {
      fail(merged.members[0],
           fmt::format("only {} of {} ranks take part in a collective of all", members["0"], ranks_));
    }
    double copies = -1;
    for (const Member& m : merged.members) {
      const std::string name = group_name(*m.node);
      const double size = number(*m.node, "comm_size").value_or(0) / members[name] * parts_of(*m.node, where(m));
      const double own = number(*m.node, "teapot_copies").value_or(size);
      if (copies >= 0 && own != copies) fail(m, "other ranks of this collective send another number of bytes");
      copies = own;
    }
    const Groups all = shared(std::move(groups));
    auto& known = even_[{all.get(), copies}];
    if (!known) known = std::make_shared<const Traffic>(all_to_all(all, copies));
    return known;
  }

  std::shared_ptr<const Traffic> pair_traffic(const Merged& merged) {
    std::vector<std::map<int, double>> rows(at(ranks_));
    std::vector<int> groups(at(ranks_), -1);
    for (const Member& m : merged.members) {
      if (const auto group = number(*m.node, "teapot_group")) groups[at(m.rank)] = static_cast<int>(*group);
      if (m.node->type() != chakra::SEND && m.node->type() != chakra::RECEIVE) continue;
      const double peer = *number(*m.node, m.node->type() == chakra::SEND ? "comm_dst" : "comm_src");
      if (peer < 0 || peer >= ranks_ || peer == m.rank) fail(m, fmt::format("no such peer: {}", peer));
      if (!number(*m.node, "teapot_operator")) groups[at(m.rank)] = 0;
      if (m.node->type() != chakra::SEND) continue;
      const double bytes = number(*m.node, "comm_size").value_or(0);
      rows[at(m.rank)][static_cast<int>(peer)] += number(*m.node, "teapot_copies").value_or(bytes);
    }
    Traffic traffic(ranks_);
    for (const auto& row : rows) {
      for (const auto& [destination, copies] : row) traffic.add(destination, copies);
      traffic.end_row();
    }
    traffic.groups = shared(std::move(groups));
    return std::make_shared<const Traffic>(std::move(traffic));
  }

  const std::vector<chakra::RankTrace>& traces_;
  const ChakraMachine& machine_;
  int ranks_;
  std::map<std::string, std::shared_ptr<const Wire>> wires_;
  std::map<std::vector<int>, Groups> groups_;
  std::map<std::pair<const void*, double>, std::shared_ptr<const Traffic>> even_;  // looked up only
};

}  // namespace

Program read_chakra(const std::string& folder, const ChakraMachine& machine) {
  const auto traces = chakra::read_traces(folder);
  return ProgramReader{traces, machine}.read();
}

}  // namespace teapot
