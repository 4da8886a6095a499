#pragma once
// Programs as MLCommons Chakra execution traces, one file a rank: written for ASTRA-sim and others, and read back.
// Knows no scenario; shows no Protobuf type.

#include <string>

#include "sim/program.hpp"
#include "sim/units.hpp"

namespace teapot {

/// Writes PREFIX.<rank>.et for each rank of the program into an existing folder, and comm_group.json where collectives
/// have groups of their own. Exchanges in which all of a group send the same to each other become COMM_COLL_NODEs, all
/// others one COMM_SEND and COMM_RECV node a pair, joined by an empty COMP_NODE. Durations are whole microseconds, as
/// the format has them; attributes whose names begin with "teapot_" carry what read_chakra needs to get the same
/// program back. Throws ConfigError where a file cannot be written, or the folder holds traces of another program.
void write_chakra(const Program& program, const std::string& folder, const std::string& prefix);

/// How fast nodes without a duration run (num_ops and tensor_size only); zero: they are an error.
struct ChakraMachine {
  FlopsPerSecond peak;
  BytesPerSecond memory;
};

/// The traces of a folder as one program. Nodes of the same type, name and process group, counted from the beginning,
/// are one operator of all ranks that have them; an operator waits for what any of its ranks waits for. Streams:
/// compute and communication, each in the order of the first rank that has the nodes. Collectives send straight to each
/// peer: 1/N of comm_size (twice that for an all-reduce). Throws ConfigError where a trace is not whole or ranks
/// disagree.
Program read_chakra(const std::string& folder, const ChakraMachine& machine = {});

}  // namespace teapot
