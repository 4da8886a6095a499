#pragma once
// What follows from a model's shapes alone, and how much of it accelerators hold: the figures of `./teapot model show`.
// Knows no deployment and no time.

#include <string>
#include <utility>
#include <vector>

#include "platforms/accelerator.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

/// In which formats, and at which length of a request, a model is looked at.
struct ModelView {
  double context = 4096;  ///< tokens
  std::string weights;    ///< a format; empty: the model's own
  std::string kv = "bf16";
};

/// How a model fits on one kind of accelerator when its weights are spread evenly and stored once.
struct ModelFit {
  std::string accelerator;
  Bytes memory;
  int gpus = 0;           ///< fewest that hold the weights
  int node_requests = 0;  ///< requests of the view's context whose cache eight of them hold beside the weights
};

struct ModelFacts {
  std::string name;
  std::string source;
  std::string attention;  ///< the kinds of its layers: MLA, GQA + window, gated delta, ..., the most frequent last
  int layers = 0;
  int expert_layers = 0;
  double parameters = 0;
  double active_parameters = 0;
  double active_with_embedding = 0;  ///< active ones with the input embedding, a look-up
  double mtp_parameters = 0;
  double encoder_parameters = 0;
  Bytes kv_per_token;
  Bytes kv_per_request;
  Bytes state_per_request;
  Flops training_per_token;
  Flops decode_per_token;
  Bytes weights;               ///< as published; or in the view's format, embedding and head in BF16
  std::string weights_format;  ///< of most of it
  std::vector<std::pair<std::string, std::string>> other_formats;  ///< part and format, where it is another
  Reading reading;                                                 ///< of a config.json
  std::vector<ModelFit> fits;
};

/// The kinds of its mixers: MHA, GQA, MQA or MLA, with " + window" where some layers have one; others by name.
std::string attention_names(const Model& model);

ModelFacts model_facts(const Model& model, const ModelView& view, const std::vector<Accelerator>& accelerators);

std::string model_table(const std::vector<ModelFacts>& models, const ModelView& view);
std::string model_json(const std::vector<ModelFacts>& models, const ModelView& view);

}  // namespace teapot
