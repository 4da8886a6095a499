#pragma once
// What failures of parts cost over a month: TPOT with one part of each class away, and how often that is.
// Knows no kind of fabric.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// Of one part; alternating renewal: up for `mtbf_hours`, down for `repair_hours`, in the mean.
struct Reliability {
  double mtbf_hours = 0;
  double repair_hours = 0;

  double down() const { return repair_hours / (mtbf_hours + repair_hours); }  ///< part of the time that it is away
};

struct ReliabilityList {
  Reliability gpu, nic, cable, switches;
};

/// platforms/reliability/2024.yaml or a file of the same keys. Throws ConfigError.
ReliabilityList read_reliability(const Config& config);

/// Parts that are alike to the job: of one kind and tier, all of which carry its bytes.
struct PartClass {
  std::string part;  ///< GPU, NIC, cable or switch
  std::string tier;  ///< of a cable; what a switch is
  int count = 0;
  std::string specimen;  ///< the one that carries most, which is taken away
  Reliability reliability;
  std::optional<double> tpot_ms;  ///< without the specimen; nothing where a GPU is cut off
  std::string cut_off;            ///< what is out of reach then
};

struct Availability {
  std::string fabric;
  int gpus = 0;
  double tpot_ms = 0;  ///< with all parts
  std::vector<PartClass> classes;
};

/// Share of the time in which all GPUs work and reach each other: the product of (1 - down)^count over the classes that
/// cut a GPU off.
double available(const Availability& availability);
/// Mean TPOT while it is available, to first order in what is down: tpot + sum of count x down x (tpot without one -
/// tpot). Several parts away at once cost the sum of what each costs.
double expected_tpot_ms(const Availability& availability);
/// TPOT that is not exceeded in this part of the available time. Each class has one part away or none; the time with
/// several away is taken to be as slow as the slowest class.
double tpot_quantile_ms(const Availability& availability, double part);
/// Part of the available time with at least one part away.
double degraded(const Availability& availability);

/// Simulates the step with all parts and without a specimen of each class. Throws ConfigError, SimulationError.
Availability availability_of(const Tree& scenario, const std::string& name, const ReliabilityList& list,
                             const std::function<void(double fraction)>& progress = {});

std::string availability_text(const std::string& scenario, const std::vector<Availability>& fabrics);
nlohmann::ordered_json availability_json(const std::string& scenario, const std::vector<Availability>& fabrics);

}  // namespace teapot
