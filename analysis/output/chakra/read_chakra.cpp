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

constexpr double most_amount = 1e18;  // bytes, operations

/// Bytes to each of N peers, as a multiple of comm_size / N, when every rank sends straight to every other one.
double parts_of(const chakra::Node& node, const std::string& where) {
  const double type = number(node, "comm_type").value_or(chakra::ALL_TO_ALL);
  switch (type >= 0 && type < 1000 ? static_cast<int>(type) : -1) {
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

  /// An attribute within [least, most]; `otherwise` where there is none.
  double within(const Member& m, const char* name, double otherwise, double least, double most) const {
    const double value = number(*m.node, name).value_or(otherwise);
    if (value < least || value > most)
      fail(m, fmt::format("{} must be from {:g} to {:g}, got {:g}", name, least, most, value));
    return value;
  }
  int whole(const Member& m, const char* name, int otherwise, int least, int most) const {
    return static_cast<int>(within(m, name, otherwise, least, most));
  }
  double amount(const Member& m, const char* name) const { return within(m, name, 0, 0, most_amount); }
  /// The rank at the other end.
  int peer(const Member& m) const {
    const char* name = m.node->type() == chakra::SEND ? "comm_dst" : "comm_src";
    const auto other = number(*m.node, name);
    if (!other || *other < 0 || *other >= ranks_ || static_cast<int>(*other) == m.rank)
      fail(m, other ? fmt::format("no such peer: {}", *other) : fmt::format("no {}", name));
    return static_cast<int>(*other);
  }

  Operator read_operator(const Merged& merged) {
    Member first = merged.members[0];
    for (const Member& m : merged.members) {
      if (!chakra::text(*m.node, "teapot_name").empty()) {
        first = m;
        break;
      }
    }
    const bool pairs = std::any_of(merged.members.begin(), merged.members.end(), [](const Member& m) {
      return m.node->type() == chakra::SEND || m.node->type() == chakra::RECEIVE;
    });
    const bool group = std::any_of(merged.members.begin(), merged.members.end(),
                                   [](const Member& m) { return m.node->type() == chakra::COLLECTIVE; });
    const bool communicates = pairs || group || number(*first.node, "teapot_bytes_per_copy");
    Operator op;
    const std::string own = chakra::text(*first.node, "teapot_name");
    op.name = own.empty() ? first.node->name() : own;
    op.layer = whole(first, "teapot_layer", -1, -1, 1'000'000);
    op.micro_batch = whole(first, "teapot_micro_batch", 0, 0, 1'000'000);
    op.stream = whole(first, "teapot_stream", communicates ? 1 : 0, 0, 1'000'000);
    op.after.assign(merged.after.begin(), merged.after.end());
    if (communicates) {
      op.work = read_collective(merged, first, group);
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
      if (m.node->type() == chakra::SEND) on.insert(peer(m));
    }
    return static_cast<int>(on.size()) == ranks_ ? nullptr : ranks({on.begin(), on.end()});
  }

  Seconds duration(const Member& m) const {
    if (number(*m.node, "teapot_duration_s")) return Seconds{within(m, "teapot_duration_s", 0, 0, 1e9)};
    if (m.node->type() == chakra::METADATA) return {};
    if (m.node->duration_us() > 0) return Seconds{static_cast<double>(m.node->duration_us()) * 1e-6};
    const Flops flops{amount(m, "num_ops")};
    const Bytes bytes{amount(m, "tensor_size")};
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
      work.flops += Flops{amount(m, "num_ops")} / members;
      work.bytes += Bytes{amount(m, "tensor_size")} / members;
    }
    const auto other = std::adjacent_find(work.duration.begin(), work.duration.end(), std::not_equal_to<>{});
    if (other == work.duration.end()) work.duration.resize(1);
    return work;
  }

  Collective read_collective(const Merged& merged, const Member& first, bool group) {
    Collective c;
    c.bytes_per_copy = Bytes{within(first, "teapot_bytes_per_copy", 1, 1e-3, most_amount)};
    c.overhead = Seconds{within(first, "teapot_overhead_s", 0, 0, 1e9)};
    c.sm_share = within(first, "teapot_sm_share", 0, 0, 1);
    c.weight = within(first, "teapot_weight", 1, 1e-6, 1e6);
    c.wire = wire(chakra::text(*first.node, "teapot_wire"), first);
    c.traffic = group ? group_traffic(merged) : pair_traffic(merged);
    return c;
  }

  std::shared_ptr<const Wire> wire(const std::string& text, const Member& m) {
    if (text.empty()) return nullptr;
    auto& known = wires_[text];
    if (known) return known;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    Wire read;
    for (const auto& [tier, use] : json.items()) {
      const bool whole = use.is_array() && use.size() == 3 &&
                         std::all_of(use.begin(), use.end(), [](const auto& part) { return part.is_number(); });
      const auto part = [&, &parts = use](std::size_t i) { return whole ? parts[i].template get<double>() : -1; };
      const bool sane =
          part(0) >= 1e-9 && part(0) <= 1 && part(1) >= 0 && part(1) <= 1e9 && part(2) >= 0 && part(2) <= 1e9;
      if (!sane) fail(m, "teapot_wire is damaged: " + in_quotes(text));
      read.tiers[tier] = {part(0), Seconds{part(1)}, Seconds{part(2)}};
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
      const double size = amount(m, "comm_size") / members[name] * parts_of(*m.node, where(m));
      const double own = within(m, "teapot_copies", size, 0, most_amount);
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
      if (number(*m.node, "teapot_group")) groups[at(m.rank)] = whole(m, "teapot_group", -1, -1, ranks_ - 1);
      if (m.node->type() != chakra::SEND && m.node->type() != chakra::RECEIVE) continue;
      const int other = peer(m);
      if (!number(*m.node, "teapot_operator")) groups[at(m.rank)] = 0;
      if (m.node->type() != chakra::SEND) continue;
      rows[at(m.rank)][other] += within(m, "teapot_copies", amount(m, "comm_size"), 0, most_amount);
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
