#pragma once
// What is to happen: operators with their work for each rank, what they wait for, and the stream they occupy.
// Knows no model, no accelerator and no network; workloads write programs, the engine runs them.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "sim/kernel.hpp"
#include "sim/rank_set.hpp"
#include "sim/traffic.hpp"
#include "sim/units.hpp"

namespace teapot {

/// One kernel's part in an operator, the mean over the ranks it runs on: for breakdowns only, the engine reads
/// durations.
struct KernelPart {
  std::string name;
  std::string kind;
  Seconds time;
  Provenance provenance = Provenance::modelled;
  bool of_stack = false;  ///< no kernel: what the serving stack adds
};

/// Work on the rank's own accelerator.
struct Compute {
  std::vector<Seconds> duration;  ///< one entry for each rank, or a single one that holds for all
  Flops flops;                    ///< mean over the ranks it runs on
  Bytes bytes;                    ///< of HBM, mean over the ranks it runs on
  std::vector<KernelPart> parts;

  Seconds on(int rank) const { return duration[duration.size() == 1 ? 0 : static_cast<std::size_t>(rank)]; }
};

/// How well a communication kernel uses links, by tier; a tier that is not named is used perfectly.
/// A message of b bytes keeps a link busy for b / (bandwidth * efficiency) + per_message.
struct Wire {
  struct Use {
    double efficiency = 1;  ///< in (0, 1]
    Seconds per_message;
    Seconds latency;  ///< of a path that crosses the tier, on top of its links': posting, completion, polling
    bool operator==(const Use&) const = default;
  };
  std::map<std::string, Use> tiers;
  bool operator==(const Wire&) const = default;
};

/// An exchange between the ranks that the operator runs on: no other sends or receives. A rank enters when it comes to
/// the operator, and leaves when its own bytes have arrived.
struct Collective {
  /// Whose coming puts a pair's bytes on the network: the sender's (a put) or the receiver's (a get). With a get a rank
  /// leaves when what it fetched has arrived, whoever else fetches from it.
  enum class Start { sender, receiver };
  /// What crosses a link that several pairs share: each pair's copies; a token of a sender once, copied where ways part
  /// (multicast in the network); a token of a receiver once, summed where ways meet (reduction in the network).
  enum class Carry { each, once, summed };

  std::shared_ptr<const Traffic> traffic;
  bool reversed = false;  ///< receivers send and senders receive (a combine of its dispatch's traffic)
  Bytes bytes_per_copy;
  std::string library;  ///< whose kernel it runs, for reports
  Seconds overhead;     ///< software floor: launch, send and receive kernels; paid on entry, before the first byte
  std::shared_ptr<const Wire> wire;  ///< none: line rate
  double sm_share = 0;  ///< part of the accelerator that the communication kernels hold while it is in flight
  double weight = 1;    ///< share of a contended link relative to other collectives of the same priority
  int priority = 0;     ///< on a link the bytes of a higher one go first
  Start start = Start::sender;
  Carry carry = Carry::each;
};

struct Operator {
  std::string name;  ///< what a breakdown sums by: attention, experts, dispatch, ...
  int layer = -1;    ///< -1: belongs to no layer
  int micro_batch = 0;
  int stream = 0;          ///< index into Program::streams; operators of one stream run in program order on each rank
  std::vector<int> after;  ///< indices of earlier operators; waited for on the same rank, where they run on it
  std::variant<Compute, Collective> work;
  Ranks on{};               ///< those it runs on; for the others it does not exist
  std::string operation{};  ///< what it does, whichever pass it stands in; empty: as its name says
  bool gathers = false;     ///< work of a computing operator that ends on all of its ranks at once, with the last

  const std::string& operation_name() const { return operation.empty() ? name : operation; }
  bool runs_on(int rank) const { return on == nullptr || on->contains(rank); }
};

struct Program {
  int ranks = 0;
  std::vector<std::string> streams;
  std::vector<Operator> operators;
  /// Hosts and memory pools that its collectives name: endpoint ranks + i of a traffic is this passive endpoint of the
  /// network. They never come to an operator: what they send is fetched, what is sent to them is not waited for.
  std::vector<int> passive{};

  int endpoints() const { return ranks + static_cast<int>(passive.size()); }
};

inline std::int64_t collectives_of(const Program& program) {
  return std::count_if(program.operators.begin(), program.operators.end(),
                       [](const Operator& op) { return std::holds_alternative<Collective>(op.work); });
}

}  // namespace teapot
