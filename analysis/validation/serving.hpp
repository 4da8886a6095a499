#pragma once
// Measured points of whole servers, and the scenario that each is a measurement of.
// Knows no stack, model or accelerator by name: a case's file says what its words mean.

#include <map>
#include <string>
#include <vector>

#include "analysis/scenario/part_reader.hpp"
#include "analysis/scenario/scenario.hpp"
#include "sim/config.hpp"
#include "sim/units.hpp"

namespace teapot {

/// One point: so many requests in decode at once, and the mean time between a request's tokens.
struct ServingPoint {
  std::string model;
  std::string gpu;
  std::string engine;
  std::string version;
  std::string precision;
  std::string mode;  ///< agg: prefill and decode on the same GPUs; disagg: decode alone
  int prompt = 0;    ///< tokens
  int output = 0;
  int gpus = 0;  ///< of one worker
  int tensor_parallel = 1;
  int expert_parallel = 1;
  int requests = 0;  ///< in decode, over the worker
  double tpot_ms = 0;
  int concurrency = 0;         ///< requests in flight, those that wait for their prompt included; 0: not said
  double ttft_ms = 0;          ///< mean
  double lengths = 1;          ///< mean prompts and outputs over those stated, where a benchmark draws them
  std::string drawn;           ///< how lengths were drawn; empty: not said
  double written = 0.5;        ///< part of the mean output that a request in the batch has written, in the mean
  int drafts = 0;              ///< tokens drafted in each step
  double tokens_per_step = 1;  ///< that each request gets, accepted drafts with it
  std::string aside;           ///< why the point is not judged; empty: it is

  /// Of the requests in a batch, the mean.
  double context() const { return lengths * (prompt + output * written); }
  int mean_prompt() const { return static_cast<int>(lengths * prompt); }
  std::string label() const;
};

/// A CSV with a header of the names above; throws ConfigError where a cell cannot be read.
std::vector<ServingPoint> read_serving_points(const std::string& file);

/// Of what a benchmark's words say of its mean lengths; 1 where they are as stated.
double mean_lengths(const ServingPoint& point, const Config& words);

/// The chance of each of so many drafts, when those before it were accepted, that gives these tokens a step.
double acceptance_of(double tokens_per_step, int drafts);

/// Those of a case: of its `file`, which lies beside it, with what its `words` say of lengths.
std::vector<ServingPoint> serving_points_of(const Config& config);

/// `words`: what the case says of GPUs, engines and formats (`systems`, `engines`, `formats`).
Tree serving_scenario(const ServingPoint& point, const Config& words);
/// All but what there is to do.
Tree server_scenario(const ServingPoint& point, const Config& words);
/// Which stack, model, accelerator, precision and so on a row belongs to.
std::map<std::string, std::string> tags_of(const ServingPoint& point);
/// Prompts like the point's, computed by the same deployment.
Tree prompts_scenario(const ServingPoint& point, const Config& words);

/// Of a step of prompts on a deployment, by its scenario.
using PromptTimes = std::map<std::string, Seconds>;
/// What the prompts of others add to each of a request's steps where both share GPUs: in a closed loop each place in
/// the batch computes one prompt for each answer that it decodes. By what a step with prompts in it takes longer than
/// `step`, the one of `decode`, or by a step of prompts alone where the engine lets decoding wait.
Seconds prompts_of_others(const ServingPoint& point, const Scenario& decode, Seconds step, const Config& words,
                          PartReader& parts, PromptTimes& times);

}  // namespace teapot
