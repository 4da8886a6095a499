#pragma once
// Published measurements against the simulation: each case is a data file of rows, replayed and compared.
// Knows how to replay kinds of cases, not which there are.

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// What a measurement was used for.
enum class Use {
  fit,    ///< a constant was fitted on it: it shows how well, not whether
  check,  ///< the simulation never saw it
  bound,  ///< the simulation must not exceed it (an ideal serving stack)
};

struct Comparison {
  Comparison(std::string row, double real, double predicted, Use used_for)
      : what(std::move(row)), measured(real), simulated(predicted), use(used_for) {}

  std::string what;
  double measured;
  double simulated;
  Use use;
  double low = 0;  ///< of the band that the prediction states; both 0: none
  double high = 0;
  double bound = 0;                         ///< the lower bound of the simulated figure; 0: none was asked for
  std::map<std::string, double> parts;      ///< of the simulated figure, in its unit; they add up to it
  std::map<std::string, std::string> tags;  ///< what rows are grouped by: engine, model, GPU, ...

  double error() const { return simulated / measured - 1; }
};

/// A case: one publication, one quantity or a few.
struct Validation {
  std::string name;  ///< of its file
  std::string title;
  std::string kind;  ///< collective, first token, kernel, layer, serving, step or training
  std::string source;
  std::string note;         ///< what to know when reading the errors
  std::string unit;         ///< of the rows that do not name their own
  double median_limit = 0;  ///< of the absolute errors; 0: no limit. Bounds are not counted.
  double tenth_limit = 0;   ///< what nine tenths of them must keep
  double worst_limit = 0;
  std::vector<Comparison> rows;
  std::map<std::string, int> aside;  ///< points that are not judged, by the reason

  double median() const;
  double tenth() const;  ///< nine tenths of the errors are not above it
  double worst() const;
  bool holds() const;  ///< all limits are kept, and no bound is exceeded
};

/// Files of analysis/validation/cases, sorted.
std::vector<std::string> validation_cases();
/// Replays a case. Throws ConfigError for a mistake in the file.
Validation validate(const std::string& file);

const char* to_text(Use use);
/// Of values in rising order, between neighbours in proportion; 0 where there are none.
double quantile(const std::vector<double>& sorted, double part);

// Replays of the kinds; each fills Validation::rows.
void replay_collectives(const Config& config, Validation& validation);
void replay_kernels(const Config& config, Validation& validation);
void replay_layers(const Config& config, Validation& validation);
void replay_steps(const Config& config, Validation& validation);
void replay_serving(const Config& config, Validation& validation);
void replay_first_tokens(const Config& config, Validation& validation);
void replay_training(const Config& config, Validation& validation);

/// One row of a case: `columns` names its cells.
struct CaseRow {
  Config config;  ///< the sequence, for messages
  std::vector<std::string> columns;
  std::vector<Config> cells;

  const Config& cell(const std::string& column) const;  ///< throws where there is no such column
  bool has(const std::string& column) const;
  Use use() const;
  /// Whether a column changes the scenario: `model`, `fabric`, `accelerator`, `host`, `memory`, and every name that
  /// holds a dot.
  bool varies() const;
  /// `base` with those columns put at their paths.
  Tree scenario(const Tree& base) const;
  std::string label() const;  ///< the cells apart from measured and use
};
std::vector<CaseRow> case_rows(const Config& config);

}  // namespace teapot
