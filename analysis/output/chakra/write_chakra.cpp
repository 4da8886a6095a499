// Operators as nodes.
// Does not know what reads them.

#include <fmt/format.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "analysis/output/chakra/attributes.hpp"
#include "analysis/output/chakra/chakra.hpp"
#include "analysis/output/output_file.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

using chakra::add;
using google::protobuf::util::SerializeDelimitedToOstream;

/// Copies that each of a group sends to each other one; negative where they differ between pairs.
double even_copies(const Traffic& traffic) {
  if (!traffic.groups || traffic.pairs() == 0) return -1;
  std::map<int, std::size_t> members;
  for (const int group : *traffic.groups) ++members[group];
  double copies = -1;
  bool even = true;
  for (int r = 0; even && r < traffic.ranks; ++r) {
    const int group = (*traffic.groups)[at(r)];
    even = at(traffic.receivers(r)) == (group < 0 ? 0 : members[group] - 1);
    traffic.for_each_receiver(r, [&](int, double count) {
      if (copies < 0) copies = count;
      even = even && count == copies;
    });
  }
  return even ? copies : -1;
}

/// How a collective's buffer relates to what goes to one peer (see read_chakra).
struct Kind {
  chakra::CollectiveType type;
  double parts;  ///< bytes to a peer = parts * comm_size / N
};
Kind kind_of(const std::string& name) {
  if (name.ends_with("all-reduce")) return {chakra::ALL_REDUCE, 2};
  if (name.ends_with("all-gather")) return {chakra::ALL_GATHER, 1};
  if (name.ends_with("reduce-scatter")) return {chakra::REDUCE_SCATTER, 1};
  return {chakra::ALL_TO_ALL, 1};
}

/// Process groups of the program: "0" is all ranks, others are numbered as they appear.
class ProcessGroups {
 public:
  /// Name of the group of a rank, and how many are in it.
  std::pair<std::string, int> of(const Traffic& traffic, int rank) {
    auto& names = known_[traffic.groups.get()];
    if (names.empty()) {
      std::map<int, std::vector<int>> members;
      for (int r = 0; r < traffic.ranks; ++r) members[(*traffic.groups)[at(r)]].push_back(r);
      for (const auto& [group, ranks] : members) {
        if (group < 0) continue;
        const bool everybody = static_cast<int>(ranks.size()) == traffic.ranks;
        names[group] = {everybody ? "0" : std::to_string(++last_), static_cast<int>(ranks.size())};
        if (!everybody) file_[names[group].first] = ranks;
      }
    }
    return names.at((*traffic.groups)[at(rank)]);
  }
  const nlohmann::ordered_json& file() const { return file_; }

 private:
  std::map<const void*, std::map<int, std::pair<std::string, int>>> known_;  // looked up only
  int last_ = 0;
  nlohmann::ordered_json file_ = nlohmann::ordered_json::object();
};

/// What the program's collectives look like, whoever writes them.
struct Exchanges {
  std::vector<double> even;                                    // by operator; copies to each other rank of the group
  std::vector<std::shared_ptr<const Traffic>> sent, received;  // by operator, where copies differ between pairs
};

Exchanges exchanges_of(const Program& program) {
  Exchanges e;
  std::map<const Traffic*, double> even;
  std::map<const Traffic*, std::shared_ptr<const Traffic>> turned;
  for (const auto& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    e.even.push_back(-1);
    e.sent.emplace_back();
    e.received.emplace_back();
    if (collective == nullptr) continue;
    const auto& traffic = collective->traffic;
    const auto [found, is_new] = even.emplace(traffic.get(), 0.0);
    if (is_new) found->second = even_copies(*traffic);
    e.even.back() = found->second;
    if (found->second >= 0) continue;
    auto& other = turned[traffic.get()];
    if (!other) other = std::make_shared<const Traffic>(transposed(*traffic));
    e.sent.back() = collective->reversed ? other : traffic;
    e.received.back() = collective->reversed ? traffic : other;
  }
  return e;
}

class RankTrace {
 public:
  RankTrace(const Program& program, const Exchanges& exchanges, ProcessGroups& groups, int rank)
      : program_(program), exchanges_(exchanges), groups_(groups), rank_(rank) {}

  std::string write() {
    chakra::GlobalMetadata head;
    head.set_version("0.0.4");
    add(head, "teapot_streams").set_string_value(fmt::format("{}", fmt::join(program_.streams, ",")));
    SerializeDelimitedToOstream(head, &out_);
    std::vector<int> last(program_.streams.size(), -1);
    for (int op = 0; op < static_cast<int>(program_.operators.size()); ++op) {
      end_of_.push_back(-1);
      if (!program_.operators[at(op)].runs_on(rank_)) continue;
      int& before = last[at(program_.operators[at(op)].stream)];
      if (const auto* collective = std::get_if<Collective>(&program_.operators[at(op)].work)) {
        write_collective(op, before, *collective);
      } else {
        write_compute(op, before, std::get<Compute>(program_.operators[at(op)].work));
      }
      end_of_.back() = static_cast<std::int64_t>(next_id_) - 1;
      before = op;
    }
    return out_.str();
  }

 private:
  chakra::Node node(int op, int before, chakra::NodeType type) {
    const Operator& o = program_.operators[at(op)];
    chakra::Node n;
    n.set_id(next_id_++);
    n.set_name(o.layer < 0 ? o.name : fmt::format("{}-{}-{}", o.name, o.layer, o.micro_batch));
    n.set_type(type);
    if (before >= 0) n.add_control_dependencies(end_node(before));
    for (const int earlier : o.after) {
      if (earlier != before && end_of_[at(earlier)] >= 0) n.add_data_dependencies(end_node(earlier));
    }
    add(n, "teapot_operator").set_int32_value(op);
    return n;
  }
  void describe(chakra::Node& n, const Operator& o) const {
    add(n, "teapot_name").set_string_value(o.name);
    add(n, "teapot_layer").set_int32_value(o.layer);
    add(n, "teapot_micro_batch").set_int32_value(o.micro_batch);
    add(n, "teapot_stream").set_int32_value(o.stream);
    std::string after;
    for (const int earlier : o.after) after += fmt::format("{}{}", after.empty() ? "" : ",", earlier);
    add(n, "teapot_after").set_string_value(after);
  }
  std::uint64_t end_node(int op) const { return static_cast<std::uint64_t>(end_of_[at(op)]); }
  void put(const chakra::Node& n) { SerializeDelimitedToOstream(n, &out_); }

  void write_compute(int op, int before, const Compute& compute) {
    chakra::Node n = node(op, before, chakra::COMPUTE);
    describe(n, program_.operators[at(op)]);
    const Seconds time = compute.on(rank_);
    n.set_duration_us(static_cast<std::uint64_t>(std::llround(time.value * 1e6)));
    add(n, "is_cpu_op").set_bool_value(false);
    add(n, "num_ops").set_int64_value(std::llround(compute.flops.value));
    add(n, "tensor_size").set_uint64_value(static_cast<std::uint64_t>(std::llround(compute.bytes.value)));
    add(n, "teapot_duration_s").set_double_value(time.value);
    put(n);
  }

  void describe(chakra::Node& n, const Collective& c) const {
    add(n, "teapot_bytes_per_copy").set_double_value(c.bytes_per_copy.value);
    add(n, "teapot_overhead_s").set_double_value(c.overhead.value);
    add(n, "teapot_sm_share").set_double_value(c.sm_share);
    add(n, "teapot_weight").set_double_value(c.weight);
    if (!c.wire) return;
    nlohmann::ordered_json wire = nlohmann::ordered_json::object();
    for (const auto& [tier, use] : c.wire->tiers)
      wire[tier] = {use.efficiency, use.per_message.value, use.latency.value};
    add(n, "teapot_wire").set_string_value(wire.dump());
  }

  void write_collective(int op, int before, const Collective& collective) {
    const double copies = exchanges_.even[at(op)];
    if (copies < 0 || (*collective.traffic->groups)[at(rank_)] < 0) return write_pairs(op, before, collective);
    const Operator& o = program_.operators[at(op)];
    const auto [group, members] = groups_.of(*collective.traffic, rank_);
    const Kind kind = kind_of(o.name);
    chakra::Node n = node(op, before, chakra::COLLECTIVE);
    describe(n, o);
    describe(n, collective);
    const double to_peer = copies * collective.bytes_per_copy.value;
    add(n, "is_cpu_op").set_bool_value(false);
    add(n, "comm_type").set_int64_value(kind.type);
    add(n, "comm_size").set_int64_value(std::llround(to_peer * members / kind.parts));
    add(n, "pg_name").set_string_value(group);
    add(n, "teapot_copies").set_double_value(copies);
    put(n);
  }

  void write_pairs(int op, int before, const Collective& collective) {
    const auto& sent = exchanges_.sent[at(op)];
    const auto& received = exchanges_.received[at(op)];
    std::vector<std::uint64_t> parts;
    const auto pair = [&](chakra::NodeType type, int source, int destination, double copies) {
      chakra::Node n = node(op, before, type);
      add(n, "is_cpu_op").set_bool_value(false);
      add(n, "comm_src").set_int32_value(source);
      add(n, "comm_dst").set_int32_value(destination);
      add(n, "comm_tag").set_int32_value(op);
      add(n, "comm_size").set_int64_value(std::max(1LL, std::llround(copies * collective.bytes_per_copy.value)));
      if (type == chakra::SEND) add(n, "teapot_copies").set_double_value(copies);
      parts.push_back(n.id());
      put(n);
    };
    if (sent) {
      sent->for_each_receiver(rank_, [&](int d, double copies) { pair(chakra::SEND, rank_, d, copies); });
      received->for_each_receiver(rank_, [&](int s, double copies) { pair(chakra::RECEIVE, s, rank_, copies); });
    }
    chakra::Node join = node(op, before, chakra::COMPUTE);
    describe(join, program_.operators[at(op)]);
    describe(join, collective);
    if (collective.traffic->groups) add(join, "teapot_group").set_int32_value((*collective.traffic->groups)[at(rank_)]);
    for (const std::uint64_t part : parts) join.add_data_dependencies(part);
    add(join, "is_cpu_op").set_bool_value(false);
    add(join, "num_ops").set_int64_value(0);
    add(join, "tensor_size").set_uint64_value(0);
    put(join);
  }

  const Program& program_;
  const Exchanges& exchanges_;
  ProcessGroups& groups_;
  int rank_;
  std::uint64_t next_id_ = 0;
  std::vector<std::int64_t> end_of_;  // by operator: the node that others wait for; -1 where it does not run here
  std::ostringstream out_;
};

std::string file_name(const std::string& prefix, int rank) { return fmt::format("{}.{}.et", prefix, rank); }

/// Whoever reads the folder would take what is left of another program for a part of this one.
void reject_other_traces(const Program& program, const std::string& folder, const std::string& prefix) {
  std::set<std::string> own;
  for (int rank = 0; rank < program.ranks; ++rank) own.insert(file_name(prefix, rank));
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".et") && !own.contains(name)) {
      throw ConfigError(fmt::format("{}: holds the trace {} of another program", folder, name));
    }
  }
}

}  // namespace

void write_chakra(const Program& program, const std::string& folder, const std::string& prefix) {
  reject_other_traces(program, folder, prefix);
  const Exchanges exchanges = exchanges_of(program);
  ProcessGroups groups;
  for (int rank = 0; rank < program.ranks; ++rank) {
    write_file(folder + '/' + file_name(prefix, rank), RankTrace{program, exchanges, groups, rank}.write());
  }
  if (!groups.file().empty()) write_file(folder + "/comm_group.json", groups.file().dump(1) + '\n');
}

}  // namespace teapot
