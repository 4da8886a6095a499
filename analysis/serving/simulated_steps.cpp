// Simulating the points of a pool's surfaces.
// Knows no requests and no clock.

#include "analysis/serving/simulated_steps.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/output/digest.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/run/run.hpp"
#include "analysis/serving/surface.hpp"
#include "sim/catalogue.hpp"
#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

/// `count` of the fullest groups, what is left of `fill` on the next, dealt to their GPUs in turn; none of the others.
/// Fewer groups with as much each take as long at attention, and send as much to experts, as more with less each.
std::vector<int> counts_of(int count, double fill, const Layout& layout) {
  const int tp = layout.tensor_parallel;
  const int gpus = layout.attention_gpus();
  const int groups = gpus / tp;
  if (fill == 1 && count % tp == 0) return {count / tp};
  const auto all = std::max<std::int64_t>(count, std::llround(fill * groups * count));
  std::vector<int> counts;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const auto own = static_cast<int>(std::clamp<std::int64_t>(all - std::int64_t{count} * (gpu / tp), 0, count));
    counts.push_back(own / tp + (gpu % tp < own % tp ? 1 : 0));
  }
  return counts;
}

/// As many pieces of prompts as look back, in the mean, as the load's tokens do: one piece with tokens before it, or
/// several from their beginning; one for each micro-batch at least, since prompts are split between them.
Requests prompts(const StepLoad& load, int micro_batches, const Layout& layout) {
  Requests r;
  const int least = load.new_tokens >= micro_batches ? micro_batches : 1;
  // A piece looks back at half of itself at least: fewer would look back at more than the load's tokens do.
  const int pieces = std::max(least, static_cast<int>(std::ceil(load.new_tokens / (2 * load.looked_at))));
  r.counts = counts_of(pieces, load.fill, layout);
  r.new_tokens = std::max(1, static_cast<int>(std::lround(static_cast<double>(load.new_tokens) / pieces)));
  r.context = std::max(0.0, load.looked_at - (r.new_tokens + 1) / 2.0);
  r.prompt = true;
  return r;
}

Load load_of(const StepLoad& step, int tokens_each, int micro_batches, const Layout& layout) {
  Load load;
  load.requests.clear();
  if (step.requests > 0) {
    load.requests.push_back({counts_of(step.requests, step.fill, layout), step.context, {}, {}, tokens_each, false});
  }
  if (step.new_tokens > 0) load.requests.push_back(prompts(step, micro_batches, layout));
  return load;
}

/// `overlap: auto` of a step that decodes: as `run` chooses for what the fullest GPUs have, for which all wait.
void choose_overlap(Scenario& step) {
  Load fullest = step.load;
  for (Requests& requests : fullest.requests) requests.counts.resize(1);
  step.execution.overlap = usual_overlap(step.layout, fullest, step.machine.domain);
}

std::string content(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What decides a point besides its place: the scenario with all it names, measured kernels, and the program.
std::string name_of(const Scenario& scenario) {
  Digest digest;
  digest.add(resolved(scenario.source));
  digest.add(content("/proc/self/exe"));
  for (const auto& entry : std::filesystem::directory_iterator{home() + "/platforms/kernels"}) {
    if (entry.path().extension() == ".csv") digest.add(content(entry.path().string()));
  }
  return digest.hex();
}

std::map<std::vector<double>, double> read_kept(const std::string& file) {
  std::map<std::vector<double>, double> points;
  const auto json = nlohmann::json::parse(content(file), nullptr, false);
  if (!json.is_array()) return points;
  for (const auto& row : json) {
    if (!row.is_array() || row.size() != 6) return {};
    for (const auto& cell : row) {
      if (!cell.is_number()) return {};
    }
    points[{row[0], row[1], row[2], row[3], row[4]}] = row[5];
  }
  return points;
}

}  // namespace

struct SimulatedSteps::Surfaces {
  Surface decode;   // requests, context, fill
  Surface prefill;  // tokens, looked at, fill
  Surface both;     // requests, tokens, fill; context and looked-at tokens as in the reference
};

SimulatedSteps::SimulatedSteps(Scenario scenario, std::string folder, const StepLoad& reference)
    : scenario_(std::move(scenario)), folder_(std::move(folder)), reference_(reference) {
  const SurfaceAxis count{1, 2, true};
  const SurfaceAxis context{256, 4, false};
  const SurfaceAxis tokens{64, 2, true};
  const double groups = scenario_.layout.attention_gpus() / scenario_.layout.tensor_parallel;
  const SurfaceAxis fill{std::exp2(-2 * std::ceil(std::log2(groups) / 2)), 4, false};
  const auto at = [this](double requests, double kept, double fresh, double looked_at, double part) {
    return simulated({static_cast<int>(requests), kept, static_cast<int>(fresh), looked_at, std::min(1.0, part)});
  };
  const auto both = [this, at](const std::vector<double>& x) {
    return at(x[0], reference_.context, x[1], reference_.looked_at, x[2]);
  };
  surfaces_ = std::make_unique<Surfaces>(
      Surfaces{Surface{{count, context, fill}, [at](const auto& x) { return at(x[0], x[1], 0, 0, x[2]); }},
               Surface{{tokens, context, fill}, [at](const auto& x) { return at(0, 0, x[0], x[1], x[2]); }},
               Surface{{count, tokens, fill}, both}});
  if (folder_.empty()) return;
  name_ = name_of(scenario_);
  kept_ = read_kept(folder_ + "/steps-" + name_ + ".json");
}

SimulatedSteps::~SimulatedSteps() = default;

double SimulatedSteps::simulated(const StepLoad& load) {
  const std::vector<double> place{static_cast<double>(load.requests), load.context,
                                  static_cast<double>(load.new_tokens), load.looked_at, load.fill};
  const auto found = kept_.find(place);
  if (found != kept_.end()) return found->second;
  const double seconds = run(step(load)).timeline.step.value;
  kept_.emplace(place, seconds);
  return seconds;
}

Scenario SimulatedSteps::step(const StepLoad& load) const {
  Scenario s = scenario_;
  const int micro_batches = overlap(s.execution.overlap).micro_batches;
  s.load = load_of(load, 1 + s.speculation.draft_tokens, micro_batches, s.layout);
  if (s.overlap_chosen && load.new_tokens == 0) choose_overlap(s);
  // Too few to be split: they pass as one micro-batch.
  const int most = s.load.requests[0].counts[0];
  if (most < micro_batches) s.execution.overlap = "none";
  return s;
}

double SimulatedSteps::seconds(const StepLoad& load) {
  const double count = load.requests;
  const double tokens = load.new_tokens;
  if (load.new_tokens == 0) return surfaces_->decode.at({count, load.context, load.fill});
  if (load.requests == 0) return surfaces_->prefill.at({tokens, load.looked_at, load.fill});
  // Attention's time grows with what is looked at whatever else the step does; the rest does not know of it.
  return surfaces_->both.at({count, tokens, load.fill}) +
         (surfaces_->decode.at({count, load.context, 1}) - surfaces_->decode.at({count, reference_.context, 1})) +
         (surfaces_->prefill.at({tokens, load.looked_at, 1}) -
          surfaces_->prefill.at({tokens, reference_.looked_at, 1}));
}

SurfaceFacts SimulatedSteps::facts() const {
  SurfaceFacts facts;
  for (const Surface* surface : {&surfaces_->decode, &surfaces_->prefill, &surfaces_->both}) {
    facts.simulated += surface->points();
    facts.interpolated += surface->interpolated();
    const auto errors = surface->errors();
    facts.errors.insert(facts.errors.end(), errors.begin(), errors.end());
  }
  return facts;
}

void SimulatedSteps::keep() const {
  if (folder_.empty()) return;
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [place, seconds] : kept_)
    json.push_back({place[0], place[1], place[2], place[3], place[4], seconds});
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  try {
    write_file(folder_ + "/steps-" + name_ + ".json", json.dump());
  } catch (const ConfigError&) {  // a full or read-only disk costs time, not figures
  }
}

std::string default_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::string{cache} + "/teapot";
  const char* home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string{home} + "/.cache/teapot" : std::string{};
}

}  // namespace teapot
