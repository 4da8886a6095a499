// Jobs side by side, as text and as JSON.
// Does not simulate.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/output/text_table.hpp"
#include "analysis/run/jobs_run.hpp"
#include "analysis/version.hpp"

namespace teapot {
namespace {

/// "0-3,8": runs of neighbours in the order of ranks.
std::string node_list(const std::vector<int>& nodes) {
  std::vector<std::string> runs;
  for (std::size_t i = 0; i < nodes.size();) {
    std::size_t last = i;
    while (last + 1 < nodes.size() && nodes[last + 1] == nodes[last] + 1) ++last;
    runs.push_back(last == i ? fmt::format("{}", nodes[i]) : fmt::format("{}-{}", nodes[i], nodes[last]));
    i = last + 1;
  }
  constexpr std::size_t shown = 6;
  const bool cut = runs.size() > shown;
  if (cut) runs.resize(shown);
  return fmt::format("{}{}", fmt::join(runs, ","), cut ? ",..." : "");
}

double tokens_per_s_per_gpu(const JobResult& job, Seconds tpot) { return job.requests_per_gpu / tpot.value; }

}  // namespace

std::string jobs_text(const JobsScenario& scenario, const JobsResult& result) {
  using Align = TextTable::Align;
  TextTable lines{{{"job"},
                   {"model"},
                   {"GPUs", Align::right},
                   {"nodes"},
                   {"TPOT alone ms", Align::right},
                   {"together ms", Align::right},
                   {"change", Align::right},
                   {"tokens/s/GPU", Align::right},
                   {"steps", Align::right}}};
  for (std::size_t j = 0; j < result.jobs.size(); ++j) {
    const Job& job = scenario.jobs[j];
    const JobResult& r = result.jobs[j];
    lines.add({job.name, job.scenario.model.name, fmt::format("{}", job.scenario.layout.gpus), node_list(job.nodes),
               fmt::format("{:.3f}", r.tpot_alone().value * 1e3), fmt::format("{:.3f}", r.tpot_together().value * 1e3),
               fmt::format("{:+.1f}%", 100 * (r.step_together / r.step_alone - 1)),
               fmt::format("{:.0f}", tokens_per_s_per_gpu(r, r.tpot_together())), fmt::format("{}", r.steps)});
  }
  std::string text =
      fmt::format("{}: {} jobs on {}\n\n{}\n", scenario.name, result.jobs.size(), scenario.fabric, lines.to_text());
  if (result.shared_links == 0) return text + "No link carries bytes of two jobs.\n";
  std::vector<std::string> parts;
  for (std::size_t j = 0; j < result.jobs.size(); ++j)
    parts.push_back(fmt::format("{} {:.0f}%", scenario.jobs[j].name, 100 * result.busiest.use[j]));
  return text + fmt::format("Links that carry bytes of several: {}; the busiest, {}, by each alone: {}.\n",
                            result.shared_links, result.busiest.name, fmt::join(parts, ", "));
}

nlohmann::ordered_json jobs_json(const JobsScenario& scenario, const JobsResult& result) {
  using Json = nlohmann::ordered_json;
  Json jobs = Json::array();
  for (std::size_t j = 0; j < result.jobs.size(); ++j) {
    const Job& job = scenario.jobs[j];
    const JobResult& r = result.jobs[j];
    jobs.push_back(Json{{"name", job.name},
                        {"model", job.scenario.model.name},
                        {"gpus", job.scenario.layout.gpus},
                        {"nodes", job.nodes},
                        {"tpot_ms_alone", r.tpot_alone().value * 1e3},
                        {"tpot_ms_together", r.tpot_together().value * 1e3},
                        {"step_ms_alone", r.step_alone.value * 1e3},
                        {"step_ms_together", r.step_together.value * 1e3},
                        {"tokens_per_s_per_gpu_alone", tokens_per_s_per_gpu(r, r.tpot_alone())},
                        {"tokens_per_s_per_gpu_together", tokens_per_s_per_gpu(r, r.tpot_together())},
                        {"steps_counted", r.steps},
                        {"steps_simulated", r.simulated},
                        {"link_bytes_per_step", r.link_bytes.value}});
  }
  Json shared{{"links", result.shared_links}, {"busiest", nullptr}};
  if (result.shared_links > 0) shared["busiest"] = {{"name", result.busiest.name}, {"use", result.busiest.use}};
  return Json{{"scenario", scenario.name},
              {"fabric", scenario.fabric},
              {"jobs", jobs},
              {"shared", shared},
              {"link_bytes", result.link_bytes.value},
              {"wall_s", result.wall_s},
              {"version", version}};
}

}  // namespace teapot
