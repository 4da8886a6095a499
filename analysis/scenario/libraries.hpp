#pragma once
// Which communication library serves which operation of a scenario.
// Knows no library by name.

#include <map>
#include <string>

#include "analysis/scenario/part_reader.hpp"
#include "platforms/accelerator.hpp"
#include "platforms/communication.hpp"
#include "sim/costs.hpp"

namespace teapot {

struct Libraries {
  std::string name;                                 ///< the one meant for exchanges, as written
  std::map<std::string, std::string> by_operation;  ///< operations that another one serves, and its name
  CollectiveCosts costs;
  std::map<std::string, double> errors;  ///< of each operation, as a part of its time
  std::string copies;                    ///< of a token in an exchange, one for each: expert, gpu or node
};

/// `decode.communication` serves every operation, `decode.collectives` names libraries for single ones. Without either,
/// the accelerator's: its `collectives` for those, its `communication` for the rest.
Libraries read_libraries(const Config& decode, const Accelerator& accelerator, const ScaleUp& scale_up,
                         PartReader& parts);

/// Libraries of single operations where a scenario names none: the stack's own where GPUs see each other's memory, else
/// the accelerator's.
std::map<std::string, std::string> usual_collectives(const Accelerator& accelerator, const RuntimeCost& runtime);

/// Puts whole files in place of the names, under the same keys of `all`.
void resolve_libraries(const Config& decode, const Accelerator& accelerator, Tree& all, PartReader& parts);

}  // namespace teapot
